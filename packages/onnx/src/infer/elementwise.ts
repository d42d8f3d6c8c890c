import {
  computeSizes,
  type Dim,
  type DType,
  sizesIn,
  typeOps,
  unknownType,
  type ValueType,
  withSizes,
} from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { dtypeOf } from '../data-types.js'
import { type NodeTypes, single } from './node-types.js'

const withDType = (dtype: DType | undefined, { shape }: ValueType): ValueType => ({ dtype, shape })

/** The first output is like the first input, whatever else there is. */
export const same: NodeTypes = single((_node, [x = unknownType]) => withDType(x.dtype, x))

/** All inputs broadcast. */
export const broadcast: NodeTypes = single(({ attribute }, [first, ...rest]) => {
  if (first === undefined || attribute.some(({ name }) => name === 'axis' || name === 'broadcast')) {
    return undefined
  }
  return withDType(first.dtype, rest.reduce(typeOps.add, first))
})

/** As it broadcasts with what has the sizes asked for. */
export const expand: NodeTypes = single((_node, [x = unknownType, list = unknownType]) => {
  const shape = sizesIn(list)?.map((size) => (typeof size === 'number' && size < 0 ? null : size))
  return withDType(x.dtype, typeOps.add(x, { dtype: x.dtype, shape }))
})

export const comparison: NodeTypes = (node, inputs) =>
  broadcast(node, inputs).map((type) => withDType('bool', type))

/** `where(condition, a, b)` is of the dtype of its branches. */
export const where: NodeTypes = single((_node, [condition = unknownType, a = unknownType, b = unknownType]) =>
  withDType(a.dtype ?? b.dtype, typeOps.add(typeOps.add(condition, a), b)),
)

/** Sizes fit both types of integers that sizes have. */
const castTo = (dtype: DType | undefined, x: ValueType): ValueType => {
  const type = withDType(dtype, x)
  return dtype === 'int64' || dtype === 'int32' ? withSizes(type, sizesIn(x)) : type
}

/** Of two lists of integers, what is computed of them number by number. */
const ofSizes =
  (compute: (a: number, b: number) => number): NodeTypes =>
  (node, inputs) => {
    const computed = (a: Dim, b: Dim): Dim =>
      typeof a === 'number' && typeof b === 'number' ? compute(a, b) : null
    const [first, second] = inputs
    const isPair = inputs.length === 2 && first !== undefined && second !== undefined
    return broadcast(node, inputs).map((type) =>
      isPair ? withSizes(type, computeSizes(first, second, computed)) : type,
    )
  }

export const max: NodeTypes = ofSizes(Math.max)
export const min: NodeTypes = ofSizes(Math.min)

export const cast: NodeTypes = single((node, [x = unknownType]) => {
  const given = readAttributes(node, { to: 'int', saturate: 'int', round_mode: 'string' })
  return typeof given === 'string' ? undefined : castTo(dtypeOf(given.to ?? 0), x)
})

export const castLike: NodeTypes = single((_node, [x = unknownType, like = unknownType]) =>
  castTo(like.dtype, x),
)

const quantizing = {
  axis: 'int',
  block_size: 'int',
  output_dtype: 'int',
  precision: 'int',
  saturate: 'int',
} as const

/** Of the zero point's dtype; without one, uint8 unless it says otherwise. */
export const quantizeLinear: NodeTypes = single((node, [x = unknownType, , zeroPoint]) => {
  const given = readAttributes(node, quantizing)
  if (typeof given === 'string') return undefined
  const named = given.output_dtype ? dtypeOf(given.output_dtype) : 'uint8'
  return withDType((node.input[2] ?? '') === '' ? named : zeroPoint?.dtype, x)
})

export const dequantizeLinear: NodeTypes = single((node, [x = unknownType, scale = unknownType]) => {
  const given = readAttributes(node, quantizing)
  if (typeof given === 'string') return undefined
  return withDType(given.output_dtype ? dtypeOf(given.output_dtype) : scale.dtype, x)
})
