import { badAttribute } from '../errors.js'
import { type Kind, kind, type Module } from '../module.js'
import { formatTensor, type Tensor } from '../tensor.js'
import { formatBias } from './attributes.js'

/** `x @ weight.T + bias` over the last axis. */
export interface LinearAttrs {
  /** `[outFeatures, inFeatures]` */
  readonly weight: Tensor
  /** `[outFeatures]` */
  readonly bias: Tensor | null
}

export type LinearModule = Module<'nn.Linear', LinearAttrs>
export interface LinearArguments {
  readonly weight: Tensor
  readonly bias?: Tensor | null
}

export const outFeatures = ({ weight }: LinearAttrs): number => weight.shape[0] ?? 0
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
