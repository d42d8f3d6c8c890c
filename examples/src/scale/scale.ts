import { type Kind, kind, type Tensor } from '@nnfuse/ir'

interface ScaleAttrs {
  /** `[channels, 1, 1]` for images, `[features]` for rows: one number a channel, shaped to broadcast. */
  readonly factor: Tensor
}

/** `x * factor`, as the LayerScale of many vision models. */
export const Scale: Kind<'acme.Scale', ScaleAttrs, [factor: Tensor]> = kind('acme.Scale', {
  create: (factor) => ({ attrs: { factor } }),
  forward: (ops, { attrs }, x) => ops.mul(x, ops.constant(attrs.factor)),
  parameters: { factor: 'factor' },
  describe: ({ factor }) => factor.shape.join('x'),
})
