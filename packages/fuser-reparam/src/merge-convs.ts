import { elementCount, inChannels, outChannels } from '@nnfuse/ir'
import { type Declined, decline, isDeclined } from '@nnfuse/matcher'
import { alignWindows, gcd } from './align-windows.js'
import { type PaddedConv, padsAnything } from './resolve-padding.js'
import { sumKernels, weightCount } from './sum-kernels.js'

/*
 * Two convolutions of one input become one where
 *
 *   - they give the same channels, and their windows align (align-windows.ts)
 *   - what they put around the input is the same. A kernel that is put into a larger one sees as much of the padding
 *     as before, whatever the mode, so padding of one kind may be larger for one of them; one that pads nothing goes
 *     with any.
 *   - the kernel for both has no more weights than the two have, each of which is a multiply-add at each output. So a
 *     1x3 and a 3x1 stay apart, and go into a 3x3 each; a 1x1 in groups goes into a 3x3 without, and not the other way.
 *
 * The groups are as many as divide those of both: each block of such a group is a block of the one and of the other.
 */

/** A branch of a sum, and what it is called in reasons. */
export interface NamedConv {
  readonly conv: PaddedConv
  readonly name: string
}

const channelsAgree = (a: NamedConv, b: NamedConv): true | Declined => {
  const [given, other] = [outChannels(a.conv), outChannels(b.conv)]
  if (given !== other) return decline(`${a.name} gives ${given} channels, ${b.name} ${other}`)
  return (
    inChannels(a.conv) === inChannels(b.conv) || decline(`${a.name} and ${b.name} are not given the same`)
  )
}

const paddingsAgree = ({ conv: a, name }: NamedConv, { conv: b, name: other }: NamedConv): true | Declined =>
  a.paddingMode === b.paddingMode ||
  !(padsAnything(a) && padsAnything(b)) ||
  decline(`${name} pads with ${a.paddingMode} and ${other} with ${b.paddingMode}`)

/** The convolution that gives what two give together, or why they stay two. */
export const mergeConvs = (a: NamedConv, b: NamedConv): PaddedConv | Declined => {
  const both = `${a.name} and ${b.name}`
  for (const verdict of [channelsAgree(a, b), paddingsAgree(a, b)]) if (verdict !== true) return verdict
  const window = alignWindows(a.conv, b.conv)
  if (isDeclined(window)) return decline(`${both} stay two: ${window.declined}`)
  const groups = gcd(a.conv.groups, b.conv.groups)
  const before = elementCount(a.conv.weight.shape) + elementCount(b.conv.weight.shape)
  const after = weightCount(a.conv, window, groups)
  if (after > before)
    return decline(`${both} have ${before} weights, one kernel for both would have ${after}`)
  return sumKernels(a.conv, b.conv, window, groups)
}
