import { badAttribute } from '../errors.js'
import { type Kind, kind, type Module } from '../module.js'
import { formatTensor, type Tensor } from '../tensor.js'

/**
 * Batch normalization over axis 1: `(x - mean) / sqrt(var + eps) * weight + bias`. Every tensor has shape
 * `[numFeatures]`, except the scalar `numBatchesTracked`.
 */
export interface BatchNormAttrs {
  readonly numFeatures: number
  /** gamma; null where the layer is not affine */
  readonly weight: Tensor | null
  /** beta */
  readonly bias: Tensor | null
  /** null where the layer keeps no running statistics and always normalizes by the batch's own */
  readonly runningMean: Tensor | null
  /** biased or not is the trainer's business: the value is used as it stands */
  readonly runningVar: Tensor | null
  /** int64 scalar; PyTorch keeps it for cumulative averages */
  readonly numBatchesTracked: Tensor | null
  readonly eps: number
  /** weight of the newest batch in the running statistics; null for the cumulative average */
  readonly momentum: number | null
}

/** What a batch-norm is made from. What is left out is null, `eps` 1e-5 and `momentum` 0.1. */
export type BatchNormArguments = Partial<BatchNormAttrs> & Pick<BatchNormAttrs, 'numFeatures'>

const perFeature = ['weight', 'bias', 'runningMean', 'runningVar'] as const

const batchNormAttrs = (name: string, given: BatchNormArguments): BatchNormAttrs => {
  const { numFeatures } = given
  for (const key of perFeature) {
    const tensor = given[key]
    if (tensor && (tensor.shape.length !== 1 || tensor.shape[0] !== numFeatures)) {
      throw badAttribute(name, `${key} needs shape [${numFeatures}], got ${formatTensor(tensor)}`)
    }
  }
  const {
    weight = null,
    bias = null,
    runningMean = null,
    runningVar = null,
    numBatchesTracked = null,
  } = given
  const { eps = 1e-5, momentum = 0.1 } = given
  return { numFeatures, weight, bias, runningMean, runningVar, numBatchesTracked, eps, momentum }
}

const describe = ({ numFeatures, weight, runningMean, eps }: BatchNormAttrs): string =>
  `${numFeatures}` +
  (eps === 1e-5 ? '' : `, eps ${eps}`) +
  (weight === null ? ', not affine' : '') +
  (runningMean === null ? ', no running statistics' : '')

type BatchNormKind<N extends string> = Kind<N, BatchNormAttrs, [given: BatchNormArguments]>

const batchNormKind = <N extends string>(name: N): BatchNormKind<N> =>
  kind(name, {
    create: (given) => ({ attrs: batchNormAttrs(name, given) }),
    forward: (ops, { attrs, training }, x) => ops.batchNorm(x, attrs, training),
    parameters: { weight: 'weight', bias: 'bias' },
    buffers: {
      runningMean: 'running_mean',
      runningVar: 'running_var',
      numBatchesTracked: 'num_batches_tracked',
    },
    describe,
  })

/** `[N, C]` or `[N, C, L]` */
export const BatchNorm1d: BatchNormKind<'nn.BatchNorm1d'> = batchNormKind('nn.BatchNorm1d')
/** `[N, C, H, W]` */
export const BatchNorm2d: BatchNormKind<'nn.BatchNorm2d'> = batchNormKind('nn.BatchNorm2d')
/** `[N, C, D, H, W]` */
export const BatchNorm3d: BatchNormKind<'nn.BatchNorm3d'> = batchNormKind('nn.BatchNorm3d')

/** A batch-norm of any number of axes. */
export type BatchNormModule = Module<'nn.BatchNorm1d' | 'nn.BatchNorm2d' | 'nn.BatchNorm3d', BatchNormAttrs>
