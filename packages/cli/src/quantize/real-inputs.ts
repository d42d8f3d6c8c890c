import { flatten, type Model, type Tensor, tensorOf } from '@nnfuse/ir'
import { type DataBatch, dataBatches, dataInput } from '../data/data-feeds.js'
import { readInputBatches } from '../data/input-batches.js'
import { listInputFiles } from '../data/input-folder.js'
import { type LabelledData, readLabelledData } from '../data/labelled-data.js'
import type { Feed, Feeds, LoadedModel, ValueInfo } from '../runtime/loaded-model.js'

/** Inputs as they come in practice, from a folder. */
export interface RealInputs {
  readonly batches: readonly Feeds[]
  /** Where the folder has labels, too. */
  readonly labelled?: { readonly input: ValueInfo; readonly data: LabelledData }
}

/**
 * Reads a folder of inputs: with `inputs.npy` and `labels.npy`, or a file for each input, or folders of such files.
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
  if (!files.includes('inputs.npy') || !files.includes('labels.npy')) {
    return { batches: (await readInputBatches(model.inputs, folder, shapeless)).batches }
  }
  const data = await readLabelledData(path)
  const input = dataInput(model, data)
  const batches = [...dataBatches(input, data)].map(({ feeds }: DataBatch) => feeds)
  return { batches, labelled: { input, data } }
}

const tensorFrom = ({ dtype, shape, bytes }: Feed): Tensor => tensorOf(dtype, shape, bytes)

/** A batch as tensors, in the order of the model's inputs. */
export const tensorsFor = ({ root }: Model, feeds: Feeds): Tensor[] =>
  flatten(root).attrs.inputs.flatMap((name) => {
    const feed = feeds.get(name)
    return feed === undefined ? [] : [tensorFrom(feed)]
  })
