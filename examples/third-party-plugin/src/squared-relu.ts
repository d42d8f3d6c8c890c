import { type FusedKind, fusedKind, type Kind, kind, Linear } from '@nnfuse/ir'

/** `relu(x) * relu(x)`, the activation of Primer (So et al., 2021, arXiv:2109.08668). */
export const SquaredReLU: Kind<'acme.SquaredReLU', Record<never, never>, []> = kind('acme.SquaredReLU', {
  create: () => ({ attrs: {} }),
  forward: (ops, _module, x) => {
    const positive = ops.relu(x)
    return ops.mul(positive, positive)
  },
})

/** A linear layer and its squared ReLU: one kernel of the backend. */
export const LinearSquaredReLU: FusedKind<
  'acme.LinearSquaredReLU',
  readonly [typeof Linear, typeof SquaredReLU]
> = fusedKind('acme.LinearSquaredReLU', [Linear, SquaredReLU])
