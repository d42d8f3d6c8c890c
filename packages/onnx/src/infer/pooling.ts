import { type Dim, unknownType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { isReason, paddingOf, perAxis } from '../raise/windows.js'
import type { NodeTypes } from './node-types.js'

const known = {
  auto_pad: 'string',
  ceil_mode: 'int',
  count_include_pad: 'int',
  dilations: 'ints',
  kernel_shape: 'ints',
  p: 'int',
  pads: 'ints',
  storage_order: 'int',
  strides: 'ints',
} as const

type SizeOf = (dim: Dim, axis: number) => Dim

const nothing: SizeOf = () => null

/** How many windows there are, where the last one ends with the padding: what a part of one gives differs. */
const windowsOf = (node: NodeProto, axes: number): SizeOf => {
  const given = readAttributes(node, known)
  if (typeof given === 'string' || given.kernel_shape?.length !== axes) return nothing
  const [kernel, padding] = [given.kernel_shape, paddingOf(given, axes)]
  const [strides, dilations] = [
    perAxis('strides', given.strides, axes, 1),
    perAxis('dilations', given.dilations, axes, 1),
  ]
  const isKnown = typeof strides === 'object' && typeof dilations === 'object'
  if (!isKnown || isReason(padding) || typeof padding === 'string') return nothing
  return (dim, axis) => {
    const [before, after] = padding[axis] ?? [0, 0]
    const extent = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1
    const size = typeof dim === 'number' ? (dim + before + after - extent) / (strides[axis] ?? 1) + 1 : null
    return Number.isInteger(size) ? size : null
  }
}

/** A pool keeps batch and channels, whatever its windows are. */
export const pool: NodeTypes = (node, [x = unknownType]) => {
  const [batch, channels, ...sizes] = x.shape ?? []
  if (x.shape === undefined || batch === undefined || channels === undefined)
    return node.output.map((_, i) => ({ dtype: i === 0 ? x.dtype : 'int64', shape: undefined }))
  const shape = [batch, channels, ...sizes.map(windowsOf(node, sizes.length))]
  return node.output.map((_, i) => ({ dtype: i === 0 ? x.dtype : 'int64', shape }))
}
