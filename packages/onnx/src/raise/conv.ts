import {
  type AnyKind,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvAttrs,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeAttrs,
  type Tensor,
} from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { isVector, optionalParameter, weightParameter } from './parameters.js'
import { type RaiseContext, type Raiser, unary } from './raiser.js'
import { isReason, paddingOf, perAxis } from './windows.js'

const spec = {
  auto_pad: 'string',
  dilations: 'ints',
  group: 'int',
  kernel_shape: 'ints',
  pads: 'ints',
  strides: 'ints',
} as const

const kinds = [Conv1d, Conv2d, Conv3d] as const
const transposedKinds = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d] as const

type Shared = Omit<ConvAttrs, 'paddingMode'>

interface Given {
  readonly auto_pad: string | undefined
  readonly dilations: readonly number[] | undefined
  readonly group: number | undefined
  readonly kernel_shape: readonly number[] | undefined
  readonly pads: readonly number[] | undefined
  readonly strides: readonly number[] | undefined
}

const agrees = (kernelShape: readonly number[] | undefined, { shape }: Tensor): boolean =>
  kernelShape === undefined ||
  kernelShape.length === 0 ||
  (kernelShape.length === shape.length - 2 && kernelShape.every((size, i) => size === shape[i + 2]))

/** What Conv and ConvTranspose share. */
const sharedAttrs = (node: NodeProto, given: Given, context: RaiseContext): Shared | string => {
  const weight = weightParameter(node, 1, context)
  if (typeof weight === 'string') return weight
  const bias = optionalParameter(node, 2, 'bias', context)
  if (typeof bias === 'string') return bias
  const axes = weight.shape.length - 2
  if (axes < 1 || axes > kinds.length) return `it has ${axes} spatial axes`
  if (!agrees(given.kernel_shape, weight)) return 'its kernel_shape is not that of its weight'
  const stride = perAxis('strides', given.strides, axes, 1)
  const dilation = perAxis('dilations', given.dilations, axes, 1)
  const padding = paddingOf(given, axes)
  if (typeof stride === 'string') return stride
  if (typeof dilation === 'string') return dilation
  if (isReason(padding)) return padding.reason
  return { weight, bias, stride, dilation, padding, groups: given.group ?? 1 }
}

/** @param divided channels that the groups share out; @param out channels of the result */
const checkChannels = ({ bias, groups }: Shared, divided: number, out: number): string | undefined => {
  if (groups < 1 || divided % groups !== 0) return `its ${groups} groups do not divide ${divided} channels`
  if (bias && !isVector(bias, out)) return 'its bias does not have one number for each channel'
  return undefined
}

const kindFor = <K extends AnyKind>(table: readonly K[], { shape }: Tensor): K => table[shape.length - 3] as K

export const conv: Raiser = (node, context) => {
  const given = readAttributes(node, spec)
  if (typeof given === 'string') return given
  const attrs = sharedAttrs(node, given, context)
  if (typeof attrs === 'string') return attrs
  const channels = attrs.weight.shape[0] as number
  return checkChannels(attrs, channels, channels) ?? unary(kindFor(kinds, attrs.weight)(attrs))
}

export const convTranspose: Raiser = (node, context) => {
  const given = readAttributes(node, { ...spec, output_padding: 'ints' })
  if (typeof given === 'string') return given
  const shared = sharedAttrs(node, given, context)
  if (typeof shared === 'string') return shared
  if (typeof shared.padding === 'string') return 'its padding depends on its output shape'
  const outputPadding = outputPaddingOf(given.output_padding, shared.padding.length)
  if (typeof outputPadding === 'string') return outputPadding
  const attrs: ConvTransposeAttrs = { ...shared, outputPadding }
  const [inChannels, perGroup] = shared.weight.shape as [number, number]
  return (
    checkChannels(shared, inChannels, perGroup * shared.groups) ??
    unary(kindFor(transposedKinds, attrs.weight)(attrs))
  )
}

const outputPaddingOf = (given: readonly number[] | undefined, axes: number): readonly number[] | string =>
  given === undefined || given.length === 0
    ? new Array(axes).fill(0)
    : perAxis('output_padding', given, axes, 0)
