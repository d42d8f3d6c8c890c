import { type Kind, kind, type Tensor } from '@nnfuse/ir'

export interface ScaleAttrs {
  /** `[channels, 1, 1]` for images, `[features]` for rows: one number a channel, shaped to broadcast. */
  readonly factor: Tensor
}

/** A kind of layer: `x * factor`. What computes, writes and infers the layer follows from `forward`. */
export const Scale: Kind<'{{prefix}}.Scale', ScaleAttrs, [factor: Tensor]> = kind('{{prefix}}.Scale', {
  create: (factor) => ({ attrs: { factor } }),
  forward: (ops, { attrs }, x) => ops.mul(x, ops.constant(attrs.factor)),
  parameters: { factor: 'factor' },
  describe: ({ factor }) => factor.shape.join('x'),
})
