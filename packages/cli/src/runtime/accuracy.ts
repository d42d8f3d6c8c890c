import { decode } from '@nnfuse/ir'
import { type DataBatch, dataBatches } from '../data/data-feeds.js'
import type { LabelledData } from '../data/labelled-data.js'
import { badData } from '../errors.js'
import type { LoadedModel, Result, ValueInfo } from './loaded-model.js'

/** How often two models name the right class. */
export interface Accuracy {
  readonly inputs: number
  /** Right answers of the first model. */
  readonly before: number
  /** Right answers of the second. */
  readonly after: number
  /** Inputs for which both say the same. */
  readonly same: number
}

/** Where each row has its largest value. */
export const argmaxRows = (values: ArrayLike<number>, rowLength: number): number[] => {
  const rows: number[] = []
  for (let start = 0; start + rowLength <= values.length; start += rowLength) {
    let best = 0
    for (let i = 1; i < rowLength; i += 1) {
      if ((values[start + i] as number) > (values[start + best] as number)) best = i
    }
    rows.push(best)
  }
  return rows
}

const classesOf = ({ dtype, shape, values }: Result, rows: number, data: LabelledData): number[] => {
  const length = shape.at(-1) ?? 0
  const given = shape.slice(0, -1).reduce((count, size) => count * size, 1)
  if (!(values instanceof Uint8Array) || length < 1 || shape.length < 2 || given !== rows) {
    throw badData(
      data.path,
      `the model's first output is [${shape.join(', ')}], not one row of scores for each of ${rows} inputs`,
    )
  }
  return argmaxRows(Array.from(decode(values, dtype), Number), length)
}

const classify = async (
  model: LoadedModel,
  { feeds, labels }: DataBatch,
  data: LabelledData,
): Promise<number[]> => {
  const [[, feed] = []] = feeds
  const results = await model.run(feeds)
  const first = results.get(model.outputs[0]?.name ?? '') as Result
  return classesOf(first, feed?.shape[0] ?? 0, data).slice(0, labels.length)
}

const matches = (a: readonly number[], b: readonly number[]): number =>
  a.filter((value, i) => value === b[i]).length

/**
 * Runs two models over all the data and counts right answers: the largest value of the first output.
 *
 * @param onBatch is told how many inputs are done
 * @throws NnfuseError `BAD_DATA` where the first output is no row of scores per input.
 */
export const measureAccuracy = async (
  before: LoadedModel,
  after: LoadedModel,
  input: ValueInfo,
  data: LabelledData,
  onBatch: (done: number) => void,
): Promise<Accuracy> => {
  const counts = { before: 0, after: 0, same: 0, inputs: 0 }
  for (const batch of dataBatches(input, data)) {
    const [a, b] = [await classify(before, batch, data), await classify(after, batch, data)]
    counts.before += matches(a, batch.labels)
    counts.after += matches(b, batch.labels)
    counts.same += matches(a, b)
    counts.inputs += batch.labels.length
    onBatch(counts.inputs)
  }
  return counts
}
