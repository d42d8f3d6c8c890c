import { type Kind, kind } from '../module.js'
import type { Ops } from '../ops.js'

type NoAttrs = Record<never, never>
type Activation<N extends string> = Kind<N, NoAttrs, []>

const activation = <N extends string>(name: N, compute: <V>(ops: Ops<V>, x: V) => V): Activation<N> =>
  kind(name, { create: () => ({ attrs: {} }), forward: (ops, _module, x) => compute(ops, x) })

/** `max(x, 0)` */
export const ReLU: Activation<'nn.ReLU'> = activation('nn.ReLU', (ops, x) => ops.relu(x))
/** `min(max(x, 0), 6)` */
export const ReLU6: Activation<'nn.ReLU6'> = activation('nn.ReLU6', (ops, x) => ops.clip(x, 0, 6))
/** The hyperbolic tangent, elementwise. */
export const Tanh: Activation<'nn.Tanh'> = activation('nn.Tanh', (ops, x) => ops.tanh(x))
/** `1 / (1 + exp(-x))` */
export const Sigmoid: Activation<'nn.Sigmoid'> = activation('nn.Sigmoid', (ops, x) => ops.sigmoid(x))
/** `x * sigmoid(x)` */
export const SiLU: Activation<'nn.SiLU'> = activation('nn.SiLU', (ops, x) => ops.mul(x, ops.sigmoid(x)))
/** `x * clip(x + 3, 0, 6) / 6` */
export const Hardswish: Activation<'nn.Hardswish'> = activation('nn.Hardswish', (ops, x) => ops.hardswish(x))

/** What negative numbers are multiplied with. */
export interface LeakyReLUAttrs {
  readonly negativeSlope: number
}

/** `x` where positive, else `negativeSlope * x` (0.01 unless told). */
export const LeakyReLU: Kind<'nn.LeakyReLU', LeakyReLUAttrs, [given?: Partial<LeakyReLUAttrs>]> = kind(
  'nn.LeakyReLU',
  {
    create: ({ negativeSlope = 0.01 } = {}) => ({ attrs: { negativeSlope } }),
    forward: (ops, { attrs }, x) => ops.leakyRelu(x, attrs.negativeSlope),
    describe: ({ negativeSlope }) => `${negativeSlope}`,
  },
)

/** How the distribution is computed. */
export interface GELUAttrs {
  /** `none`: exact, by the error function; `tanh`: the usual approximation. */
  readonly approximate: 'none' | 'tanh'
}

/** `x * P(X <= x)` of the standard normal distribution; by the error function unless told otherwise. */
export const GELU: Kind<'nn.GELU', GELUAttrs, [given?: Partial<GELUAttrs>]> = kind('nn.GELU', {
  create: ({ approximate = 'none' } = {}) => ({ attrs: { approximate } }),
  forward: (ops, { attrs }, x) => ops.gelu(x, attrs.approximate),
  describe: ({ approximate }) => (approximate === 'none' ? '' : approximate),
})
