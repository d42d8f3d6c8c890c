import {
  type AnyModule,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvAttrs,
  type ConvModule,
  elementCount,
  inChannels,
  isConv,
  outChannels,
  unknownType,
  withActivation,
  withAttrs,
} from '@nnfuse/ir'
import {
  type Declined,
  decline,
  isDeclined,
  type MatchContext,
  oneOf,
  op,
  type Rule,
  rule,
  type Slot,
  where,
} from '@nnfuse/matcher'
import { P } from 'ts-pattern'
import { gcd } from './align-windows.js'
import { composeBiases, composedShape, composeWeights } from './compose-kernels.js'
import { hasNoHooksInside, inInference, sameFloats } from './guards.js'
import { held, heldActivation, heldConv } from './held.js'
import { type PaddedConv, padsAnything, resolvePadding } from './resolve-padding.js'

/*
 * A convolution and one with a kernel of 1, in either order with nothing in between, are one convolution (the formulas
 * stand in compose-kernels.ts). With C channels in, M between, O out and K elements in the kernel, without groups,
 *
 *   KxK then 1x1    K*C*M + M*O weights become K*C*O
 *   1x1 then KxK    C*M + K*M*O weights become K*C*O
 *
 * each a multiply-add at each output; the first layer may have more outputs than the second, so what is saved is no
 * less than this. Where it would make more weights, as of a depthwise convolution and a 1x1, they stay two.
 */

const conv = oneOf(Conv1d, Conv2d, Conv3d)
const pointwise = oneOf(
  where(Conv1d, { weight: { shape: [P._, P._, 1] } }),
  where(Conv2d, { weight: { shape: [P._, P._, 1, 1] } }),
  where(Conv3d, { weight: { shape: [P._, P._, 1, 1, 1] } }),
)
const heldPointwise: Slot = { ...held, accepts: (module) => pointwise.accepts(heldConv(module)) }

interface Pair {
  readonly first: ConvModule
  readonly second: ConvModule
}

/** The second may be held together with the activation after it already. */
interface Match {
  readonly first: ConvModule
  readonly second: AnyModule
}

const pairOf = ({ first, second }: Match): Pair => ({
  first,
  second: isConv(second) ? second : heldConv(second),
})

/** What has become of the two, with the activation of the second. */
const activated = (conv: ConvModule | Declined, second: AnyModule): AnyModule | Declined =>
  isDeclined(conv) || isConv(second) ? conv : withActivation(conv, heldActivation(second))

/** Weights and groups of the one convolution, or why it would be no saving. */
const compose = ({ first, second }: Pair, paths: readonly string[]): Partial<ConvAttrs> | Declined => {
  const pair = { first: first.attrs, second: second.attrs }
  const [given, wanted] = [outChannels(pair.first), inChannels(pair.second)]
  if (given !== wanted) return decline(`${paths[1]} takes ${wanted} channels but is given ${given}`)
  const groups = gcd(pair.first.groups, pair.second.groups)
  const before = elementCount(pair.first.weight.shape) + elementCount(pair.second.weight.shape)
  const after = elementCount(composedShape(pair, groups))
  if (after > before)
    return decline(`${paths.join(' and ')} have ${before} weights, one convolution would have ${after}`)
  return { weight: composeWeights(pair, groups), bias: composeBiases(pair), groups }
}

const padded = (cx: MatchContext, { attrs }: ConvModule, path: string | undefined): PaddedConv | Declined =>
  resolvePadding(attrs, () => cx.inputType(0)) ??
  decline(`how much ${path} pads depends on the size of its input, which is not known`)

/** A kernel of 1 looks at one value: padding would bring in zeros where the other gives its bias. */
const padsNothing = (cx: MatchContext, module: ConvModule, path: string | undefined): true | Declined => {
  const conv = padded(cx, module, path)
  if (isDeclined(conv)) return conv
  return !padsAnything(conv) || decline(`${path} pads: its border is no output of the other`)
}

/** With a step of its own the second takes every so many of the places of the first. */
const pointwiseAfter = (match: Match, cx: MatchContext): AnyModule | Declined => {
  const pair = pairOf(match)
  const verdict = padsNothing(cx, pair.second, cx.paths[1])
  if (verdict !== true) return verdict
  const first = padded(cx, pair.first, cx.paths[0])
  if (isDeclined(first)) return first
  const composed = compose(pair, cx.paths)
  if (isDeclined(composed)) return composed
  const stride = first.stride.map((step, axis) => step * (pair.second.attrs.stride[axis] as number))
  return activated(withAttrs(pair.first, { ...composed, stride, padding: first.padding }), match.second)
}

/** Where the amount depends on the size of the input, it may be anything. */
const padsWithZeros = ({ attrs }: ConvModule): boolean => {
  const conv = resolvePadding(attrs, () => unknownType)
  return attrs.paddingMode === 'zeros' && (conv === undefined || padsAnything(conv))
}

/** Zeros around what the first gives are what it makes of zeros only where it has no bias. */
const pointwiseBefore = (match: Match, cx: MatchContext): AnyModule | Declined => {
  const { first, second } = pairOf(match)
  const [path, other] = cx.paths
  const verdict = padsNothing(cx, first, path)
  if (verdict !== true) return verdict
  if (first.attrs.stride.some((step) => step !== 1))
    return decline(`${path} leaves out places that ${other} would see`)
  if (first.attrs.bias !== null && padsWithZeros(second))
    return decline(`${other} pads with zeros, where ${path} would give its bias`)
  const composed = compose({ first, second }, cx.paths)
  return isDeclined(composed) ? composed : activated(withAttrs(second, composed), match.second)
}

const when = [inInference, sameFloats, hasNoHooksInside]

/** A convolution and one with a kernel of 1 after it or before it, as one convolution. */
export const pointwiseRules: readonly Rule[] = [
  rule(
    'conv-pointwise',
    op(oneOf(pointwise, heldPointwise), op(conv).as('first')).as('second'),
    pointwiseAfter,
    { when },
  ),
  rule('pointwise-conv', op(oneOf(conv, held), op(pointwise).as('first')).as('second'), pointwiseBefore, {
    when,
  }),
]
