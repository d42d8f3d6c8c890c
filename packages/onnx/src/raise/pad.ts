import { axesIn, isFloat, Pad, type PadPair, rankOf } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { peekScalar } from '../constants/peek.js'
import { integersInput } from './integers.js'
import { type RaiseContext, type Raiser, unary } from './raiser.js'

interface Padding {
  /** All starts, then all ends. */
  readonly pads: readonly number[]
  readonly value: number
  /** Undefined for all axes. */
  readonly axes: readonly number[] | undefined
}

/** Attributes up to opset 10. */
const oldPadding = (node: NodeProto): Padding | string => {
  const given = readAttributes(node, { mode: 'string', pads: 'ints', value: 'float' })
  if (typeof given === 'string') return given
  if ((given.mode ?? 'constant') !== 'constant') return `its mode is "${given.mode}"`
  return given.pads
    ? { pads: given.pads, value: given.value ?? 0, axes: undefined }
    : 'it does not say how much'
}

const fillOf = (node: NodeProto, context: RaiseContext): number | string => {
  const name = node.input[2] ?? ''
  if (name === '') return 0
  const tensor = context.constant(name)
  if (tensor === undefined) return `its value ${context.whyNotConstant(name)}`
  const value = peekScalar(tensor)
  if (value === undefined) return 'its value is not one number'
  return isFloat(tensor.dtype) || Number.isSafeInteger(value) ? value : `its value is about ${value}`
}

/** Inputs since opset 11; axes since 18. */
const paddingOf = (node: NodeProto, context: RaiseContext): Padding | string => {
  if (context.opset < 11) return oldPadding(node)
  const given = readAttributes(node, { mode: 'string' })
  if (typeof given === 'string') return given
  if ((given.mode ?? 'constant') !== 'constant') return `its mode is "${given.mode}"`
  const pads = integersInput(node, 1, 'pads', context)
  const value = fillOf(node, context)
  const axes = integersInput(node, 3, 'axes', context)
  if (typeof pads === 'string') return pads
  if (typeof value === 'string') return value
  if (typeof axes === 'string') return axes
  return pads ? { pads, value, axes } : 'it does not say how much'
}

/** A pair for each axis of the input. */
const pairsOf = ({ pads, axes }: Padding, known: number | undefined): readonly PadPair[] | string => {
  const count = pads.length / 2
  const rank = known ?? (axes ? undefined : count)
  if (rank === undefined) return 'the number of axes of its input is not known'
  const padded = axesIn(axes ?? pads.slice(0, count).map((_, axis) => axis), rank)
  if (padded?.length !== count || (!axes && rank !== count))
    return `its pads has ${pads.length} numbers for ${padded?.length ?? rank} axes`
  if (pads.some((amount) => amount < 0)) return 'its padding is negative'
  return Array.from({ length: rank }, (_, axis): PadPair => {
    const i = padded.indexOf(axis)
    return i === -1 ? [0, 0] : [pads[i] as number, pads[i + count] as number]
  })
}

export const pad: Raiser = (node, context) => {
  const padding = paddingOf(node, context)
  if (typeof padding === 'string') return padding
  const pads = pairsOf(padding, rankOf(context.type(node.input[0])))
  return typeof pads === 'string' ? pads : unary(Pad({ pads, value: padding.value }))
}
