import {
  encode,
  type PadPair,
  type ReshapeSize,
  rankOf,
  type Tensor,
  tensorOf,
  typeOps,
  type ValueType,
} from '@nnfuse/ir'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit } from './emit.js'
import { scalar } from './scalars.js'

/** Sizes, axes and the like, as ONNX takes them as inputs. */
export const integers = (values: readonly number[]): Tensor =>
  tensorOf('int64', [values.length], encode(values, 'int64'))

/** A 0 is a size where `allowzero` says so; then no size can be copied, and must be known. */
const zeroSizes = (emit: Emit, { shape }: ValueType, sizes: readonly ReshapeSize[]): number[] => {
  if (emit.opset < 14) throw cannotExpress(emit.path, 'reshaping to a size of 0 needs opset 14')
  return sizes.map((size, axis) => {
    const dim = size === 'copy' ? shape?.[axis] : size
    if (typeof dim === 'number') return dim
    throw cannotExpress(emit.path, 'it copies a size that is not known, beside a size of 0')
  })
}

export const reshape = (emit: Emit, x: DraftValue, sizes: readonly ReshapeSize[]): DraftValue => {
  const hasZero = sizes.includes(0)
  const numbers = hasZero ? zeroSizes(emit, x.type, sizes) : sizes.map((size) => (size === 'copy' ? 0 : size))
  const operands = [x, emit.tensor(integers(numbers), 'shape', 'Reshape')]
  return emit.node('Reshape', operands, typeOps.reshape(x.type, sizes), hasZero ? { allowzero: 1 } : {})
}

/** Before opset 11, axes count from the front. */
const fromFront = (emit: Emit, axes: readonly number[], rank: number | undefined): readonly number[] => {
  if (axes.every((axis) => axis >= 0)) return axes
  if (rank === undefined) throw cannotExpress(emit.path, 'counting axes from the end needs opset 11')
  return axes.map((axis) => (axis < 0 ? axis + rank : axis))
}

interface AxesNode {
  readonly opType: 'Squeeze' | 'Unsqueeze'
  readonly axes: readonly number[]
  readonly type: ValueType
  /** Of the value whose axes are counted. */
  readonly rank: number | undefined
}

/** Axes are an attribute up to opset 12, an input since. */
const withAxes = (emit: Emit, x: DraftValue, { opType, axes, type, rank }: AxesNode): DraftValue => {
  if (emit.opset >= 13) return emit.node(opType, [x, emit.tensor(integers(axes), 'axes', opType)], type)
  return emit.node(opType, [x], type, { axes: emit.opset < 11 ? fromFront(emit, axes, rank) : axes })
}

export const squeeze = (emit: Emit, x: DraftValue, axes: readonly number[]): DraftValue =>
  withAxes(emit, x, { opType: 'Squeeze', axes, type: typeOps.squeeze(x.type, axes), rank: rankOf(x.type) })

export const unsqueeze = (emit: Emit, x: DraftValue, axes: readonly number[]): DraftValue => {
  const type = typeOps.unsqueeze(x.type, axes)
  return withAxes(emit, x, { opType: 'Unsqueeze', axes, type, rank: rankOf(type) })
}

/** ONNX states all starts, then all ends. */
export const padsOf = (padding: readonly PadPair[]): number[] => [
  ...padding.map(([before]) => before),
  ...padding.map(([, after]) => after),
]

/** Amounts and value are attributes up to opset 10, inputs since; the value's type is that of the data. */
export const pad = (emit: Emit, x: DraftValue, pads: readonly PadPair[], value: number): DraftValue => {
  const type = typeOps.pad(x.type, pads, value)
  const amounts = padsOf(pads)
  if (emit.opset < 11)
    return emit.node('Pad', [x], type, { mode: 'constant', pads: amounts, value: { float: value } })
  const tensor = emit.tensor(integers(amounts), 'pads', 'Pad')
  const fill = Object.is(value, 0) ? [] : [emit.tensor(scalar(value, x.type.dtype), 'value', 'Pad')]
  return emit.node('Pad', [x, tensor, ...fill], type, { mode: 'constant' })
}
