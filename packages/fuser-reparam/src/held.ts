import { type AnyModule, activations, type ConvModule } from '@nnfuse/ir'
import type { Slot } from '@nnfuse/matcher'

/*
 * A convolution and the activation after it, which other plugins hold together (see `withActivation`): ConvReLU2d,
 * ConvSiLU1d. What comes before the two still meets the convolution first.
 */

const kinds = [1, 2, 3].flatMap((axes) =>
  activations.map(({ kind }) => `nni.Conv${kind.slice('nn.'.length)}${axes}d`),
)

/** Any convolution held together with its activation. */
export const held: Slot = {
  kinds,
  label: 'convolution with its activation',
  commutative: false,
  accepts: () => true,
}

export const heldConv = ({ children }: AnyModule): ConvModule => children.get('0') as ConvModule

export const heldActivation = ({ children }: AnyModule): AnyModule => children.get('1') as AnyModule
