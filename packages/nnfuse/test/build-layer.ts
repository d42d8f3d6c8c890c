import {
  type AnyKind,
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormArguments,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvArguments,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  Dropout,
  type DType,
  elementCount,
  type FloatDType,
  floatTensor,
  GELU,
  Hardswish,
  Identity,
  kind,
  LeakyReLU,
  Linear,
  type LinearArguments,
  ReLU,
  ReLU6,
  Sigmoid,
  SiLU,
  Tanh,
  type Tensor,
  tensorOf,
} from '@nnfuse/ir'
import { goldenValue, type LayerSpec } from './golden-case.js'

interface Options {
  readonly bias?: boolean
  readonly groups?: number
  readonly affine?: boolean
  readonly track_running_stats?: boolean
  readonly eps?: number
  readonly dtype?: FloatDType
}

/** A user's own layer, no subclass: it only looks like a convolution. */
const OwnConv2d = kind('own.OwnConv2d', {
  create: (given: ConvArguments) => ({ attrs: Conv2d(given).attrs }),
  parameters: { weight: 'weight', bias: 'bias' },
})
const SyncBatchNorm = kind('nn.SyncBatchNorm', {
  create: (given: BatchNormArguments) => ({ attrs: BatchNorm2d(given).attrs }),
})
const Softplus = kind('nn.Softplus', { create: () => ({ attrs: {} }) })

const kinds: Readonly<Record<string, AnyKind>> = {
  ...{ Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, OwnConv2d, Linear },
  ...{ BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm, Dropout, Identity },
  ...{ ReLU, ReLU6, LeakyReLU, Tanh, SiLU, GELU, Hardswish, Sigmoid, Softplus },
}

/** The kind that torch calls by this class name. */
export const kindNamed = (name: string): AnyKind => {
  const found = kinds[name]
  if (found === undefined) throw new Error(`no kind for torch's ${name}`)
  return found
}

type Draw = (offset: number, shape: readonly number[], change?: (x: number) => number) => Tensor

const drawer =
  (seed: number, dtype: DType = 'float32'): Draw =>
  (offset, shape, change = (x) => x) => {
    const values = Array.from({ length: elementCount(shape) }, (_, i) =>
      change(goldenValue(seed + offset, i)),
    )
    return floatTensor(values, shape, dtype)
  }

const batchNorm = (features: number, options: Options, draw: Draw): BatchNormArguments => {
  const { affine = true, bias = true, track_running_stats: tracks = true, eps = 1e-5 } = options
  return {
    numFeatures: features,
    eps,
    weight: affine ? draw(1, [features]) : null,
    bias: affine && bias ? draw(2, [features]) : null,
    runningMean: tracks ? draw(3, [features]) : null,
    runningVar: tracks ? draw(4, [features], (x) => 0.25 + Math.abs(x) * 1.5) : null,
    numBatchesTracked: tracks ? tensorOf('int64', [], new Uint8Array(8)) : null,
  }
}

const weightShape = (name: string, sizes: readonly unknown[], groups: number): readonly number[] => {
  const [inputs, outputs, kernel = []] = sizes as [number, number, number[]?]
  return name.startsWith('ConvTranspose')
    ? [inputs, outputs / groups, ...kernel]
    : [outputs, inputs / groups, ...kernel]
}

const weighted = (
  name: string,
  sizes: readonly unknown[],
  { groups, bias = true }: Options,
  draw: Draw,
): LinearArguments | ConvArguments => ({
  weight: draw(1, weightShape(name, sizes, groups ?? 1)),
  bias: bias ? draw(2, [sizes[1] as number]) : null,
  ...(groups !== undefined && { groups }),
})

const isOptions = (value: unknown): value is Options =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The layer that a spec describes; `number` counts the layers of the model and seeds the values. */
export const buildLayer = ([name, ...args]: LayerSpec, number: number): AnyModule => {
  const last = args.at(-1)
  const [sizes, options] = isOptions(last) ? [args.slice(0, -1), last] : [args, {}]
  const make = kindNamed(name) as (...args: readonly unknown[]) => AnyModule
  const draw = drawer(10 * number, options.dtype)
  if (name.includes('Norm')) return make(batchNorm(sizes[0] as number, options, draw))
  return name.includes('Conv') || name === 'Linear' ? make(weighted(name, sizes, options, draw)) : make()
}
