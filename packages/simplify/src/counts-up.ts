import {
  type AnyModule,
  type Call,
  type Dim,
  decode,
  type GraphModuleOf,
  operatorOf,
  peekBytes,
  sizesIn,
  type Tensor,
  type ValueId,
  type ValueType,
} from '@nnfuse/ir'
import { isReshaping } from './is-reshaping.js'

/*
 * Lists of places that name every place once, in order: 0, 1, 2, ... as many as there are. Taking the rows of a value at
 * these, or writing rows there, leaves them where they are.
 */

type TypeOf = (value: ValueId) => ValueType

/** How many there are where a constant counts from 0 on. */
const countOf = (value: Tensor): number | undefined => {
  const bytes = value.dtype === 'int64' || value.dtype === 'int32' ? peekBytes(value) : undefined
  const numbers = bytes && Array.from(decode(bytes, value.dtype) as ArrayLike<number | bigint>, Number)
  return numbers?.every((number, i) => number === i) ? numbers.length : undefined
}

const only = (type: ValueType): Dim | undefined => {
  const sizes = sizesIn(type)
  return sizes?.length === 1 ? sizes[0] : undefined
}

/** `Range(0, n, 1)`; a symbol is no size below 0. */
const rangeOf = ([start, limit, delta]: readonly ValueType[]): Dim | undefined => {
  const isCounting = start && delta && only(start) === 0 && only(delta) === 1
  const count = limit && isCounting ? only(limit) : undefined
  return typeof count === 'number' ? Math.max(count, 0) : (count ?? undefined)
}

/** Says of a value how many numbers it has, if they count from 0 on, in steps of 1; else undefined. */
export const countsUp = (graph: GraphModuleOf, typeOf: TypeOf): ((value: ValueId) => Dim | undefined) => {
  const producers = new Map<ValueId, Call>()
  for (const call of graph.attrs.calls) for (const output of call.outputs) producers.set(output, call)
  const moduleOf = ({ target }: Call): AnyModule => graph.children.get(target) as AnyModule
  const countIn = (value: ValueId): Dim | undefined => {
    let at: ValueId | undefined = value
    while (at !== undefined) {
      const constant = typeOf(at).value
      const call = producers.get(at)
      if (constant) return countOf(constant)
      if (call === undefined) return undefined
      if (operatorOf(moduleOf(call)) === 'Range') return rangeOf(call.inputs.map(typeOf))
      at = isReshaping(moduleOf(call)) ? call.inputs[0] : undefined
    }
    return undefined
  }
  return countIn
}
