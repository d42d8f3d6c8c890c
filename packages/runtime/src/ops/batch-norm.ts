import { numpy as np } from '@jax-js/jax'
import { type BatchNormAttrs, floatTensor, readValues, type Tensor, tensorOf } from '@nnfuse/ir'
import type { CallContext } from '../call-context.js'
import type { Device, Value } from '../device.js'
import { badInput, wrongShape } from '../errors.js'

/** Mean and biased variance of each channel, in numbers, and how many elements they are of. */
interface Statistics {
  readonly mean: ArrayLike<number>
  readonly variance: ArrayLike<number>
  readonly count: number
}

/** PyTorch's layers accept these ranks only. */
const ranks: ReadonlyMap<string, readonly number[]> = new Map([
  ['nn.BatchNorm1d', [2, 3]],
  ['nn.BatchNorm2d', [4]],
  ['nn.BatchNorm3d', [5]],
])

const checkShape = (shape: readonly number[], features: number, kind: string): void => {
  const allowed = ranks.get(kind)
  if (shape[1] === features && (allowed === undefined || allowed.includes(shape.length))) return
  const rank = allowed === undefined ? '' : ` of ${allowed.join(' or ')} dimensions`
  throw wrongShape('the input', `[N, ${features}, ...]${rank}`, shape)
}

/** The mean of each channel, first within each sample: shorter sums lose less. */
export const channelMean = (x: Value): Value => {
  const spatial = x.shape.slice(2).map((_, i) => i + 2)
  return np.mean(spatial.length === 0 ? x : np.mean(x, spatial), 0)
}

const numbersOf = async (x: Value): Promise<ArrayLike<number>> => (await x.data()) as Float32Array

/** A number for each channel, so that it broadcasts to a value. */
export const asChannels = (values: ArrayLike<number>, like: Value, device: Device): Value => {
  const shape = [values.length, ...like.shape.slice(2).map(() => 1)]
  return like.dtype === np.float64
    ? device.array(Float64Array.from(values), shape, 'float64')
    : device.array(Float32Array.from(values), shape, 'float32')
}

const batchStatistics = async (x: Value, device: Device): Promise<Statistics> => {
  const [samples = 0, , ...spatial] = x.shape
  const count = spatial.reduce((product, size) => product * size, samples)
  if (count < 2) {
    x.dispose()
    throw badInput('batch statistics need more than one value a channel')
  }
  const mean = await numbersOf(channelMean(x.ref))
  const centred = x.sub(asChannels(mean, x, device))
  const variance = await numbersOf(channelMean(centred.ref.mul(centred)))
  return { mean, variance, count }
}

const floats = async (tensor: Tensor): Promise<ArrayLike<number>> =>
  (await readValues(tensor)) as Float32Array | Float64Array

const blended = async (old: Tensor, fresh: ArrayLike<number>, factor: number): Promise<Tensor> => {
  const values = Float64Array.from(
    await floats(old),
    (value, i) => (1 - factor) * value + factor * (fresh[i] ?? 0),
  )
  return floatTensor(values, old.shape, old.dtype)
}

const counted = async (tracked: Tensor): Promise<{ tensor: Tensor; count: number }> => {
  const count = Number((await readValues(tracked))[0] ?? 0) + 1
  const bytes = new Uint8Array(BigInt64Array.of(BigInt(count)).buffer)
  return { tensor: tensorOf('int64', tracked.shape, bytes), count }
}

/** As PyTorch updates them: the variance unbiased, and without momentum the average over all batches so far. */
const updateRunning = async (
  given: BatchNormAttrs,
  batch: Statistics,
  context: CallContext,
): Promise<void> => {
  const attrs = context.learned.latest(given)
  const { runningMean, runningVar, numBatchesTracked, momentum } = attrs
  if (runningMean === null || runningVar === null) return
  const tracked = numBatchesTracked && (await counted(numBatchesTracked))
  const factor = momentum ?? (tracked === null ? 0 : 1 / tracked.count)
  const unbiased = Float64Array.from(batch.variance, (value) => (value * batch.count) / (batch.count - 1))
  context.learned.update(given, {
    runningMean: await blended(runningMean, batch.mean, factor),
    runningVar: await blended(runningVar, unbiased, factor),
    numBatchesTracked: tracked?.tensor ?? null,
  })
}

const statisticsFor = async (
  x: Value,
  given: BatchNormAttrs,
  training: boolean,
  context: CallContext,
): Promise<Pick<Statistics, 'mean' | 'variance'>> => {
  const { runningMean, runningVar } = context.learned.latest(given)
  if (!training && runningMean !== null && runningVar !== null) {
    return { mean: await floats(runningMean), variance: await floats(runningVar) }
  }
  const batch = await batchStatistics(x.ref, context.device)
  if (training) await updateRunning(given, batch, context)
  return batch
}

/** What a batch-norm normalizes by, in numbers; while it trains, running statistics have been updated. */
export interface Normalization {
  readonly mean: ArrayLike<number>
  readonly variance: ArrayLike<number>
  readonly weight: ArrayLike<number> | null
  readonly bias: ArrayLike<number> | null
}

/** Statistics, weight and bias for an input; looks at it only. */
export const normalizationOf = async (
  x: Value,
  attrs: BatchNormAttrs,
  training: boolean,
  context: CallContext,
): Promise<Normalization> => {
  checkShape(x.shape, attrs.numFeatures, context.kind)
  const { mean, variance } = await statisticsFor(x, attrs, training, context)
  const weight = attrs.weight && (await floats(attrs.weight))
  const bias = attrs.bias && (await floats(attrs.bias))
  return { mean, variance, weight, bias }
}

/** `(x - mean) * (weight / sqrt(variance + eps)) + bias`; the factor of each channel is computed in float64. */
export const normalized = (
  x: Value,
  { mean, variance, weight, bias }: Normalization,
  eps: number,
  device: Device,
): Value => {
  const scale = Float64Array.from(variance, (value, c) => (weight?.[c] ?? 1) / Math.sqrt(value + eps))
  const centred = x.sub(asChannels(mean, x, device))
  const scaled = centred.mul(asChannels(scale, centred, device))
  return bias === null ? scaled : scaled.add(asChannels(bias, scaled, device))
}

export const batchNorm = async (
  x: Value,
  attrs: BatchNormAttrs,
  training: boolean,
  context: CallContext,
): Promise<Value> =>
  normalized(x, await normalizationOf(x, attrs, training, context), attrs.eps, context.device)

/** Whether a batch-norm normalizes by what it is given, which then depends on it. */
export const usesBatch = ({ runningMean, runningVar }: BatchNormAttrs, training: boolean): boolean =>
  training || runningMean === null || runningVar === null
