import {
  type AnyModule,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvModule,
  Identity,
  type Module,
  Pad,
  type PadAttrs,
  type PadPair,
  Transpose,
  type TransposeAttrs,
  withAttrs,
} from '@nnfuse/ir'
import { decline, type Guard, type Rule, rule } from '@nnfuse/matcher'

/*
 * What stands in the way of channels, or is left when they have moved: a transposition and the one that undoes it, and
 * zeros that are put around the input of a convolution, which can put them there itself.
 */

type PadThenConv = readonly [Module<'nn.Pad', PadAttrs>, ConvModule]

const padsWithZeros: Guard<PadThenConv> = ({ modules: [pad, conv], paths }) => {
  if (pad.attrs.value !== 0) return decline(`${paths[0]} puts ${pad.attrs.value} around, not zeros`)
  if (conv.attrs.paddingMode !== 'zeros') return decline(`${paths[1]} pads with ${conv.attrs.paddingMode}`)
  return typeof conv.attrs.padding !== 'string' || decline(`${paths[1]} pads by the size of its input`)
}

const padsOnlySpace: Guard<PadThenConv> = ({ modules: [pad, conv], paths }) => {
  const { pads } = pad.attrs
  const [batch, channels, ...space] = pads
  const others = [...(batch ?? []), ...(channels ?? [])]
  return (
    (space.length === conv.attrs.stride.length && others.every((amount) => amount === 0)) ||
    decline(`${paths[0]} pads more than the axes of ${paths[1]}'s kernel`)
  )
}

/** `[N, C, ...space]`: what is added around space is added to the convolution's own padding. */
const intoConv = (pad: Module<'nn.Pad', PadAttrs>, conv: ConvModule): AnyModule => {
  const own = conv.attrs.padding as readonly PadPair[]
  const padding = pad.attrs.pads.slice(2).map(([before, after], axis): PadPair => {
    const [ownBefore, ownAfter] = own[axis] as PadPair
    return [before + ownBefore, after + ownAfter]
  })
  return withAttrs(conv, { padding })
}

type Transpositions = readonly [
  Module<'nn.Transpose', TransposeAttrs>,
  Module<'nn.Transpose', TransposeAttrs>,
]

/** Axis i of the result is axis `first[second[i]]` of the input. */
const joined = ([first, second]: Transpositions): number[] =>
  second.attrs.perm.map((axis) => first.attrs.perm[axis] as number)

const undoesIt: Guard<Transpositions> = ({ modules, paths }) =>
  joined(modules).every((axis, i) => axis === i) || decline(`${paths[1]} does not undo ${paths[0]}`)

const padded = { when: [padsWithZeros, padsOnlySpace], exactness: 'bits' } as const

/**
 * Rules that bring layers next to each other where a multiply-add is moved: padding into the convolution behind it,
 * transpositions that undo each other. The moving itself is a pass.
 */
export const affineRules: readonly Rule[] = [
  rule('pad-conv1d', [Pad, Conv1d], intoConv, padded),
  rule('pad-conv2d', [Pad, Conv2d], intoConv, padded),
  rule('pad-conv3d', [Pad, Conv3d], intoConv, padded),
  rule('transpose-transpose', [Transpose, Transpose], () => Identity(), {
    when: [undoesIt],
    exactness: 'bits',
  }),
]
