import type { FloatDType } from '../dtype.js'
import { NnfuseError } from '../errors.js'
import { type PaddingArgument, type PerAxis, perAxis } from '../kinds/attributes.js'
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormAttrs } from '../kinds/batch-norm.js'
import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvAttrs,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeAttrs,
  type PaddingMode,
} from '../kinds/conv.js'
import { Linear, type LinearModule } from '../kinds/linear.js'
import type { Kind, Module } from '../module.js'
import { elementCount, type Tensor, tensorOf } from '../tensor.js'
import { floatTensor } from '../tensor-values.js'
import { fusedMultiplyAdd } from './fused-multiply-add.js'
import { mersenneTwister } from './mersenne-twister.js'

interface Common {
  /** default true */
  readonly bias?: boolean
  /** default float32; of float32 and float64 the values are those torch draws */
  readonly dtype?: FloatDType
}

/** What a builder of convolutions can be told; left out, torch's defaults. */
export interface ConvOptions extends Common {
  readonly stride?: PerAxis
  readonly padding?: PaddingArgument
  readonly dilation?: PerAxis
  readonly groups?: number
  readonly paddingMode?: PaddingMode
}

/** What a builder of transposed convolutions can be told; left out, torch's defaults. */
export interface ConvTransposeOptions extends Omit<ConvOptions, 'paddingMode'> {
  readonly outputPadding?: PerAxis
}

/**
 * What a builder of batch-norms can be told; left out, torch's defaults: `eps` 1e-5, `momentum` 0.1, affine, with
 * running statistics, float32.
 */
export interface BatchNormOptions {
  readonly eps?: number
  readonly momentum?: number | null
  readonly affine?: boolean
  readonly trackRunningStats?: boolean
  readonly dtype?: FloatDType
}

type ConvBuilder<N extends string> = (
  inChannels: number,
  outChannels: number,
  kernelSize: PerAxis,
  options?: ConvOptions,
) => Module<N, ConvAttrs>

type ConvTransposeBuilder<N extends string> = (
  inChannels: number,
  outChannels: number,
  kernelSize: PerAxis,
  options?: ConvTransposeOptions,
) => Module<N, ConvTransposeAttrs>

type BatchNormBuilder<N extends string> = (
  numFeatures: number,
  options?: BatchNormOptions,
) => Module<N, BatchNormAttrs>

/** Layers with torch's constructor arguments and torch's initial values, drawn in the order they are made. */
export interface Seeded {
  readonly Conv1d: ConvBuilder<'nn.Conv1d'>
  readonly Conv2d: ConvBuilder<'nn.Conv2d'>
  readonly Conv3d: ConvBuilder<'nn.Conv3d'>
  readonly ConvTranspose1d: ConvTransposeBuilder<'nn.ConvTranspose1d'>
  readonly ConvTranspose2d: ConvTransposeBuilder<'nn.ConvTranspose2d'>
  readonly ConvTranspose3d: ConvTransposeBuilder<'nn.ConvTranspose3d'>
  readonly Linear: (inFeatures: number, outFeatures: number, options?: Common) => LinearModule
  /** Batch-norm draws nothing: weight 1, bias 0, mean 0, variance 1. */
  readonly BatchNorm1d: BatchNormBuilder<'nn.BatchNorm1d'>
  readonly BatchNorm2d: BatchNormBuilder<'nn.BatchNorm2d'>
  readonly BatchNorm3d: BatchNormBuilder<'nn.BatchNorm3d'>
}

type Draw = () => number

/**
 * Numbers between -bound and bound, as torch's CPU kernel makes them: 24 random bits for a float32, 53 for a float64,
 * then one fused multiply-add.
 */
const uniform = (draw: Draw, dtype: FloatDType, bound: number): Draw => {
  if (dtype === 'float64') return () => fusedMultiplyAdd(random53(draw), 2 * bound, -bound)
  const from = Math.fround(-bound)
  const range = Math.fround(Math.fround(bound) - from)
  return () => Math.fround(((draw() & 0xffffff) / 2 ** 24) * range + from)
}

const random53 = (draw: Draw): number => {
  const high = draw() & 0x1fffff
  return (high * 2 ** 32 + draw()) / 2 ** 53
}

const drawTensor = (draw: Draw, shape: readonly number[], dtype: FloatDType, bound: number): Tensor => {
  const next = uniform(draw, dtype, bound)
  return floatTensor(Float64Array.from({ length: elementCount(shape) }, next), shape, dtype)
}

/** Kaiming's uniform bound with a = sqrt(5), step for step as torch computes it: 1 / sqrt(fanIn) but for rounding. */
const weightBound = (fanIn: number): number =>
  Math.sqrt(3) * (Math.sqrt(2 / (1 + Math.sqrt(5) ** 2)) / Math.sqrt(fanIn))

const weightAndBias = (
  draw: Draw,
  shape: readonly number[],
  outFeatures: number,
  { bias = true, dtype = 'float32' }: Common,
): { weight: Tensor; bias: Tensor | null } => {
  const fanIn = elementCount(shape.slice(1))
  const weight = drawTensor(draw, shape, dtype, fanIn === 0 ? 0 : weightBound(fanIn))
  return {
    weight,
    bias: bias ? drawTensor(draw, [outFeatures], dtype, fanIn === 0 ? 0 : 1 / Math.sqrt(fanIn)) : null,
  }
}

const checkGroups = (kind: string, groups: number, ...channels: readonly number[]): void => {
  const odd = channels.find((count) => count % groups !== 0)
  if (odd !== undefined)
    throw new NnfuseError('BAD_ATTRIBUTE', `${kind}: groups ${groups} does not divide ${odd} channels`)
}

const convBuilder =
  <N extends string>(
    draw: Draw,
    kind: Kind<N, ConvAttrs, [given: ConvAttrs]>,
    axes: number,
  ): ConvBuilder<N> =>
  (inChannels, outChannels, kernelSize, options = {}) => {
    const { groups = 1, bias: _bias, dtype: _dtype, ...rest } = options
    checkGroups(kind.kind, groups, inChannels, outChannels)
    const shape = [outChannels, inChannels / groups, ...perAxis(kind.kind, 'kernelSize', kernelSize, axes)]
    return kind({ ...rest, groups, ...weightAndBias(draw, shape, outChannels, options) } as ConvAttrs)
  }

const convTransposeBuilder =
  <N extends string>(
    draw: Draw,
    kind: Kind<N, ConvTransposeAttrs, [given: ConvTransposeAttrs]>,
    axes: number,
  ): ConvTransposeBuilder<N> =>
  (inChannels, outChannels, kernelSize, options = {}) => {
    const { groups = 1, bias: _bias, dtype: _dtype, ...rest } = options
    checkGroups(kind.kind, groups, inChannels, outChannels)
    const shape = [inChannels, outChannels / groups, ...perAxis(kind.kind, 'kernelSize', kernelSize, axes)]
    return kind({
      ...rest,
      groups,
      ...weightAndBias(draw, shape, outChannels, options),
    } as ConvTransposeAttrs)
  }

const filled = (count: number, value: number, dtype: FloatDType): Tensor =>
  floatTensor(new Float64Array(count).fill(value), [count], dtype)

const batchNormBuilder =
  <N extends string>(kind: Kind<N, BatchNormAttrs, [given: BatchNormAttrs]>): BatchNormBuilder<N> =>
  (
    numFeatures,
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, dtype = 'float32' } = {},
  ) =>
    kind({
      numFeatures,
      eps,
      momentum,
      weight: affine ? filled(numFeatures, 1, dtype) : null,
      bias: affine ? filled(numFeatures, 0, dtype) : null,
      runningMean: trackRunningStats ? filled(numFeatures, 0, dtype) : null,
      runningVar: trackRunningStats ? filled(numFeatures, 1, dtype) : null,
      numBatchesTracked: trackRunningStats ? tensorOf('int64', [], new Uint8Array(8)) : null,
    })

/**
 * Layers that start as PyTorch's do after `torch.manual_seed(seed)`: float32 and float64 weights of the same
 * layers made in the same order are the same bits.
 *
 * Unlike in PyTorch modules are made in inference mode; `train(model)` switches.
 *
 * @example
 * ```ts
 * const nn = manualSeed(0)
 * const model = Sequential([nn.Conv2d(3, 16, 3, { padding: 1, bias: false }), nn.BatchNorm2d(16), ReLU()])
 * ```
 */
export const manualSeed = (seed: number): Seeded => {
  const draw = mersenneTwister(seed)
  return {
    Conv1d: convBuilder(draw, Conv1d, 1),
    Conv2d: convBuilder(draw, Conv2d, 2),
    Conv3d: convBuilder(draw, Conv3d, 3),
    ConvTranspose1d: convTransposeBuilder(draw, ConvTranspose1d, 1),
    ConvTranspose2d: convTransposeBuilder(draw, ConvTranspose2d, 2),
    ConvTranspose3d: convTransposeBuilder(draw, ConvTranspose3d, 3),
    Linear: (inFeatures, outFeatures, options = {}) =>
      Linear(weightAndBias(draw, [outFeatures, inFeatures], outFeatures, options)),
    BatchNorm1d: batchNormBuilder(BatchNorm1d),
    BatchNorm2d: batchNormBuilder(BatchNorm2d),
    BatchNorm3d: batchNormBuilder(BatchNorm3d),
  }
}
