import { elementCount, encode } from '@nnfuse/ir'
import { badData } from '../errors.js'
import type { Feeds, LoadedModel, ValueInfo } from '../runtime/loaded-model.js'
import type { ExampleData, LabelledData } from './labelled-data.js'

/** Inputs at once, where the model leaves it open. */
const batchSize = 50

/** Part of the data, as the model takes it. */
export interface DataBatch {
  readonly feeds: Feeds
  /** Of none where the data has none. */
  readonly labels: readonly number[]
}

const fits = (input: ValueInfo, itemShape: readonly number[]): boolean =>
  input.shape.length === itemShape.length + 1 &&
  itemShape.every((size, i) => typeof input.shape[i + 1] === 'string' || input.shape[i + 1] === size)

/**
 * The one input of a model that the data is for.
 *
 * @throws NnfuseError `BAD_DATA` where the model has several inputs or takes another shape.
 */
export const dataInput = ({ inputs }: LoadedModel, { path, itemShape }: ExampleData): ValueInfo => {
  const [input, ...others] = inputs
  if (input === undefined || others.length > 0) {
    throw badData(
      path,
      `the model has ${inputs.length} inputs`,
      'inputs.npy feeds models with one input; others need a file for each, called after it.',
    )
  }
  if (fits(input, itemShape)) return input
  const wanted = input.shape.map((size) => size || '?').join(', ')
  throw badData(
    path,
    `one input is [${itemShape.join(', ')}] and the model's "${input.name}" takes [${wanted}]`,
    'The first axis of inputs.npy counts the inputs; save each in the shape that the model takes.',
  )
}

/** Sizes that the model leaves open and the data settles. */
export const sizesFromData = (
  { shape }: ValueInfo,
  { itemShape }: ExampleData,
): ReadonlyMap<string, number> => {
  const [, ...open] = shape
  return new Map(
    open.flatMap((name, i) =>
      typeof name === 'string' && name !== '' ? [[name, itemShape[i] ?? 1] as const] : [],
    ),
  )
}

const rowsAt = (
  { inputs, itemShape }: ExampleData,
  start: number,
  end: number,
  size: number,
): Float64Array => {
  const itemSize = elementCount(itemShape)
  const rows = new Float64Array(size * itemSize)
  rows.set(Array.from(inputs.values.subarray(start * itemSize, end * itemSize), Number))
  return rows
}

/** The data in batches of the model's input dtype; where the model fixes the batch, the last is filled up with zeros. */
export function* dataBatches(
  input: ValueInfo,
  data: ExampleData & Partial<LabelledData>,
): Generator<DataBatch> {
  const [first] = input.shape
  const step = typeof first === 'number' ? Math.max(first, 1) : batchSize
  for (let start = 0; start < data.count; start += step) {
    const end = Math.min(start + step, data.count)
    const size = typeof first === 'number' ? step : end - start
    const bytes = encode(rowsAt(data, start, end, size), input.dtype)
    const feeds = new Map([[input.name, { dtype: input.dtype, shape: [size, ...data.itemShape], bytes }]])
    yield { feeds, labels: (data.labels ?? []).slice(start, end) }
  }
}
