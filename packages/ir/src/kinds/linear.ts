import { badAttribute } from '../errors.js'
import { type Kind, kind, type Module } from '../module.js'
import { formatTensor, type Tensor } from '../tensor.js'
import { formatBias, formatSize } from './attributes.js'

/** `x @ weight.T + bias` over the last axis. */
export interface LinearAttrs {
  /** `[outFeatures, inFeatures]` */
  readonly weight: Tensor
  /** `[outFeatures]` */
  readonly bias: Tensor | null
}

/** A module of {@link Linear}. */
export type LinearModule = Module<'nn.Linear', LinearAttrs>
/** What a linear layer is made from; without a bias unless told. */
export interface LinearArguments {
  readonly weight: Tensor
  readonly bias?: Tensor | null
}

/** Size of the last axis of what a linear layer gives. */
export const outFeatures = ({ weight }: LinearAttrs): number => weight.shape[0] ?? 0
/** Size of the last axis of what a linear layer is given. */
export const inFeatures = ({ weight }: LinearAttrs): number => weight.shape[1] ?? 0

const linearAttrs = ({ weight, bias = null }: LinearArguments): LinearAttrs => {
  if (weight.shape.length !== 2) {
    throw badAttribute('nn.Linear', `the weight needs 2 dimensions, got ${formatTensor(weight)}`)
  }
  if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw badAttribute('nn.Linear', `the bias needs shape [${weight.shape[0]}], got ${formatTensor(bias)}`)
  }
  return { weight, bias }
}

/** `[..., inFeatures]` to `[..., outFeatures]` */
export const Linear: Kind<'nn.Linear', LinearAttrs, [given: LinearArguments]> = kind('nn.Linear', {
  create: (given) => ({ attrs: linearAttrs(given) }),
  forward: (ops, { attrs }, x) => ops.linear(x, attrs),
  parameters: { weight: 'weight', bias: 'bias' },
  describe: (attrs) => `${inFeatures(attrs)} -> ${outFeatures(attrs)}${formatBias(attrs.bias)}`,
})

/** `x @ weight.T + bias` of a matrix, where every row may have a bias of its own. */
export interface GemmAttrs {
  /** `[outFeatures, inFeatures]` */
  readonly weight: Tensor
  /** `[rows, outFeatures]`, either of which may be 1. */
  readonly bias: Tensor
}

/** A module of {@link Gemm}. */
export type GemmModule = Module<'nn.Gemm', GemmAttrs>

const gemmAttrs = ({ weight, bias }: GemmAttrs): GemmAttrs => {
  const [out] = weight.shape
  if (weight.shape.length !== 2)
    throw badAttribute('nn.Gemm', `the weight needs 2 dimensions, got ${formatTensor(weight)}`)
  if (bias.shape.length !== 2 || (bias.shape[1] !== out && bias.shape[1] !== 1))
    throw badAttribute('nn.Gemm', `the bias needs shape [rows, ${out}], got ${formatTensor(bias)}`)
  return { weight, bias }
}

/**
 * `[rows, inFeatures]` to `[rows, outFeatures]`: ONNX's Gemm with a bias that is no vector. A {@link Linear} is for
 * all others.
 *
 * @throws NnfuseError `BAD_ATTRIBUTE`
 */
export const Gemm: Kind<'nn.Gemm', GemmAttrs, [given: GemmAttrs]> = kind('nn.Gemm', {
  create: (given) => ({ attrs: gemmAttrs(given) }),
  forward: (ops, { attrs }, x) => ops.gemm(x, attrs),
  parameters: { weight: 'weight', bias: 'bias' },
  describe: ({ weight, bias }) => `${weight.shape[1]} -> ${weight.shape[0]}, bias ${formatSize(bias.shape)}`,
})
