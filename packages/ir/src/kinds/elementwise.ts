import { type AnyModule, type Kind, kind } from '../module.js'
import { formatTensor, type Tensor } from '../tensor.js'

type NoAttrs = Record<never, never>
type Plain<N extends string> = Kind<N, NoAttrs, []>

/** `a + b`, broadcasting. */
export const Add: Plain<'nn.Add'> = kind('nn.Add', {
  create: () => ({ attrs: {} }),
  forward: (ops, _module, a, b) => ops.add(a, b),
  commutative: true,
})

/** `a - b`, broadcasting. */
export const Sub: Plain<'nn.Sub'> = kind('nn.Sub', {
  create: () => ({ attrs: {} }),
  forward: (ops, _module, a, b) => ops.sub(a, b),
})

/** `a * b`, broadcasting. */
export const Mul: Plain<'nn.Mul'> = kind('nn.Mul', {
  create: () => ({ attrs: {} }),
  forward: (ops, _module, a, b) => ops.mul(a, b),
  commutative: true,
})

/** `a / b`, broadcasting; integers are rounded toward zero, as ONNX has it. */
export const Div: Plain<'nn.Div'> = kind('nn.Div', {
  create: () => ({ attrs: {} }),
  forward: (ops, _module, a, b) => ops.div(a, b),
})

/** Any number of inputs, joined along an axis (1, the channels, unless told). */
export const Cat: Kind<'nn.Cat', { readonly axis: number }, [given?: { axis?: number }]> = kind('nn.Cat', {
  create: ({ axis = 1 } = {}) => ({ attrs: { axis } }),
  forward: (ops, { attrs }, ...inputs) => ops.concat(inputs, attrs.axis),
  describe: ({ axis }) => `axis ${axis}`,
})

/** The first and the last of the axes that become one; negative ones count from the end. */
export interface FlattenAttrs {
  readonly startAxis: number
  readonly endAxis: number
}

/** Merges the axes from `startAxis` (1 unless told) to `endAxis` (the last unless told). */
export const Flatten: Kind<'nn.Flatten', FlattenAttrs, [given?: Partial<FlattenAttrs>]> = kind('nn.Flatten', {
  create: ({ startAxis = 1, endAxis = -1 } = {}) => ({ attrs: { startAxis, endAxis } }),
  forward: (ops, { attrs }, x) => ops.flatten(x, attrs.startAxis, attrs.endAxis),
  describe: ({ startAxis, endAxis }) =>
    startAxis === 1 && endAxis === -1 ? '' : `${startAxis} to ${endAxis}`,
})

/** Gives back its input. Explicit fusing leaves it in vacated places. */
export const Identity: Plain<'nn.Identity'> = kind('nn.Identity', {
  create: () => ({ attrs: {} }),
  forward: (_ops, _module, x) => x,
})

/**
 * Sets elements to 0 with probability `p` (0.5 unless told) and scales the others by `1 / (1 - p)`, in training
 * mode only.
 */
export const Dropout: Kind<'nn.Dropout', { readonly p: number }, [given?: { p?: number }]> = kind(
  'nn.Dropout',
  {
    create: ({ p = 0.5 } = {}) => ({ attrs: { p } }),
    forward: (ops, { attrs, training }, x) => ops.dropout(x, attrs.p, training),
    describe: ({ p }) => `${p}`,
  },
)

/** Gives back its input: Identity, and Dropout at inference. */
export const isNoOp = (module: AnyModule): boolean =>
  Identity.is(module) || (Dropout.is(module) && !module.training)

/** A tensor that is there without an input. */
export interface ConstantAttrs {
  readonly value: Tensor
}

/** No inputs; always the same tensor. */
export const Constant: Kind<'nn.Constant', ConstantAttrs, [value: Tensor]> = kind('nn.Constant', {
  create: (value) => ({ attrs: { value } }),
  forward: (ops, { attrs }) => ops.constant(attrs.value),
  buffers: { value: 'value' },
  describe: ({ value }) => formatTensor(value),
})
