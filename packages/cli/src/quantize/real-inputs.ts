import { flatten, type Model, type Tensor, tensorOf } from '@nnfuse/ir'
import { dataBatches, dataInput } from '../data/data-feeds.js'
import { readInputBatches } from '../data/input-batches.js'
import { type InputFolder, listInputFiles } from '../data/input-folder.js'
import {
  type ExampleData,
  type LabelledData,
  readExampleData,
  readLabelledData,
} from '../data/labelled-data.js'
import { badInputs } from '../errors.js'
import type { Feed, Feeds, LoadedModel, ValueInfo } from '../runtime/loaded-model.js'

/** Inputs as they come in practice, from a folder. */
export interface RealInputs {
  readonly batches: readonly Feeds[]
  /** Where the folder has labels, too. */
  readonly labelled?: { readonly input: ValueInfo; readonly data: LabelledData }
}

const batchesOf = (input: ValueInfo, data: ExampleData): Feeds[] =>
  [...dataBatches(input, data)].map(({ feeds }) => feeds)

/** Nothing can be learned, nor be compared, by a batch of none. */
const checkAny = (batches: readonly Feeds[], path: string): void => {
  for (const [name, { shape }] of batches.flatMap((feeds) => [...feeds])) {
    if (shape[0] === 0) throw badInputs(path, `its file for "${name}" holds no inputs`)
  }
}

const readNamed = async (
  { inputs }: LoadedModel,
  folder: InputFolder,
  shapeless: ReadonlySet<string>,
): Promise<RealInputs> => {
  const { batches } = await readInputBatches(inputs, folder, shapeless)
  checkAny(batches, folder.path)
  return { batches }
}

/**
 * Reads a folder of inputs: with `inputs.npy`, and `labels.npy` or not, or a file for each input, or folders of such files.
 *
 * @param shapeless inputs whose shape the model does not state
 * @throws NnfuseError whatever is wrong with the folder
 */
export const readRealInputs = async (
  model: LoadedModel,
  path: string,
  shapeless: ReadonlySet<string>,
): Promise<RealInputs> => {
  const folder = await listInputFiles(path)
  const files = folder.places[0]?.files ?? []
  const isLabelled = files.includes('labels.npy')
  const isNamed = model.inputs.some(({ name }) => name === 'inputs')
  if (!files.includes('inputs.npy') || (isNamed && !isLabelled))
    return await readNamed(model, folder, shapeless)
  if (!isLabelled) {
    const data = await readExampleData(path)
    return { batches: batchesOf(dataInput(model, data), data) }
  }
  const data = await readLabelledData(path)
  const input = dataInput(model, data)
  return { batches: batchesOf(input, data), labelled: { input, data } }
}

const tensorFrom = ({ dtype, shape, bytes }: Feed): Tensor => tensorOf(dtype, shape, bytes)

/** A batch as tensors, in the order of the model's inputs. */
export const tensorsFor = ({ root }: Model, feeds: Feeds): Tensor[] =>
  flatten(root).attrs.inputs.flatMap((name) => {
    const feed = feeds.get(name)
    return feed === undefined ? [] : [tensorFrom(feed)]
  })
