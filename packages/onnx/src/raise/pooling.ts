import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  rankOf,
} from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { type Raiser, unary } from './raiser.js'
import { isReason, paddingOf, perAxis } from './windows.js'

const maxPools = [MaxPool1d, MaxPool2d, MaxPool3d] as const
const avgPools = [AvgPool1d, AvgPool2d, AvgPool3d] as const
const adaptivePools = [AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d] as const

const spec = {
  auto_pad: 'string',
  ceil_mode: 'int',
  dilations: 'ints',
  kernel_shape: 'ints',
  pads: 'ints',
  strides: 'ints',
} as const

interface Given {
  readonly auto_pad: string | undefined
  readonly ceil_mode: number | undefined
  readonly dilations: readonly number[] | undefined
  readonly kernel_shape: readonly number[] | undefined
  readonly pads: readonly number[] | undefined
  readonly strides: readonly number[] | undefined
}

const windowAttrs = (given: Given) => {
  const kernelSize = given.kernel_shape ?? []
  const axes = kernelSize.length
  if (axes < 1 || axes > maxPools.length) return `it has ${axes} spatial axes`
  const stride = perAxis('strides', given.strides, axes, 1)
  const dilation = perAxis('dilations', given.dilations, axes, 1)
  const padding = paddingOf(given, axes)
  if (typeof stride === 'string') return stride
  if (typeof dilation === 'string') return dilation
  if (isReason(padding)) return padding.reason
  return { kernelSize, stride, dilation, padding, ceilMode: (given.ceil_mode ?? 0) !== 0 }
}

export const maxPool: Raiser = (node) => {
  const given = readAttributes(node, { ...spec, storage_order: 'int' })
  if (typeof given === 'string') return given
  if (node.output.slice(1).some((name) => name !== '')) return 'it also gives the positions of the maxima'
  if (given.storage_order) return 'it counts positions by columns'
  const attrs = windowAttrs(given)
  return typeof attrs === 'string'
    ? attrs
    : unary(maxPools[(attrs.kernelSize.length - 1) as 0 | 1 | 2](attrs))
}

/** In ceil mode, what a window beyond the padding divides by differs between versions of ONNX. */
export const averagePool: Raiser = (node) => {
  const given = readAttributes(node, { ...spec, count_include_pad: 'int' })
  if (typeof given === 'string') return given
  const attrs = windowAttrs(given)
  if (typeof attrs === 'string') return attrs
  const { dilation, ...rest } = attrs
  if (rest.ceilMode) return 'it is in ceil mode'
  if (dilation.some((step) => step !== 1)) return 'it is dilated'
  const countIncludePad = (given.count_include_pad ?? 0) !== 0
  return unary(avgPools[(rest.kernelSize.length - 1) as 0 | 1 | 2]({ ...rest, countIncludePad }))
}

export const globalAveragePool: Raiser = (node, context) => {
  const given = readAttributes(node, {})
  if (typeof given === 'string') return given
  const rank = rankOf(context.type(node.input[0]))
  if (rank === undefined) return 'the number of axes of its input is not known'
  const kind = adaptivePools[rank - 3]
  return kind === undefined ? `its input has ${rank} axes` : unary(kind({ outputSize: 1 }))
}
