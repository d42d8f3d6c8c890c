import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { badNpy, cannotReadData } from '../errors.js'
import { type NpyArray, parseNpy } from './npy.js'

/** Inputs in a file of their own. */
export interface ExampleData {
  /** The folder it was read from. */
  readonly path: string
  readonly count: number
  /** Shape of one input, without the leading axis. */
  readonly itemShape: readonly number[]
  /** All inputs, one after the other. */
  readonly inputs: NpyArray
}

/** Inputs with the class that each belongs to. */
export interface LabelledData extends ExampleData {
  readonly labels: readonly number[]
}

const readNpy = async (path: string): Promise<NpyArray> => {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw cannotReadData(path, cause)
  })
  return parseNpy(bytes, path)
}

const labelsOf = ({ dtype, shape, values }: NpyArray, path: string): number[] => {
  if (shape.length !== 1) throw badNpy(path, `labels have the shape [N]; it has [${shape.join(', ')}]`)
  if (!/^u?int/.test(dtype))
    throw badNpy(path, `labels are whole numbers; it holds ${dtype}`, "Save labels.astype('int64').")
  return Array.from(values, Number)
}

/**
 * Reads `inputs.npy`, `[N, ...]`, from a folder.
 *
 * @throws NnfuseError `CANNOT_READ_DATA` or `BAD_NPY`.
 */
export const readExampleData = async (folder: string): Promise<ExampleData> => {
  const path = join(folder, 'inputs.npy')
  const inputs = await readNpy(path)
  const [count, ...itemShape] = inputs.shape
  if (count === undefined || count === 0) throw badNpy(path, 'it holds no inputs')
  return { path: folder, count, itemShape, inputs }
}

/**
 * Reads `inputs.npy`, `[N, ...]`, and `labels.npy`, `[N]`, from a folder.
 *
 * @throws NnfuseError `CANNOT_READ_DATA` or `BAD_NPY`.
 */
export const readLabelledData = async (folder: string): Promise<LabelledData> => {
  const labelsPath = join(folder, 'labels.npy')
  const data = await readExampleData(folder)
  const { count } = data
  const labels = labelsOf(await readNpy(labelsPath), labelsPath)
  if (labels.length !== count) {
    throw badNpy(
      labelsPath,
      `there are ${count} inputs but ${labels.length} labels`,
      'Each input needs one label.',
    )
  }
  return { ...data, labels }
}
