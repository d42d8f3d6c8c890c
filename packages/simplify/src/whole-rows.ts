import { type AnyModule, type Call, type Dim, operatorOf, type ValueId, type ValueType } from '@nnfuse/ir'
import type { GivenBack } from './unchanged-operand.js'

/*
 *   ScatterND(x, [[0], [1], ... [n - 1]], rows)     rows, where x has n of them
 *   Gather(x, [0, 1, ... n - 1], axis)              x, where that axis has n places
 */

type TypeOf = (value: ValueId) => ValueType
type CountIn = (value: ValueId) => Dim | undefined

const isSame = (a: Dim | undefined, b: Dim | undefined): boolean => a !== undefined && a !== null && a === b

/** Each row of a value is written over by one that is given. */
const overwritten = (inputs: readonly ValueId[], typeOf: TypeOf, countIn: CountIn): boolean => {
  const [x, places, rows] = inputs as readonly [ValueId, ValueId, ValueId]
  const [given, index, written] = [typeOf(x).shape, typeOf(places).shape, typeOf(rows).shape]
  if (inputs.length !== 3 || index?.length !== 2 || index[1] !== 1) return false
  return given !== undefined && given.length === written?.length && isSame(countIn(places), given[0])
}

/** Along whichever axis: where the shape stays, there are as many places as the axis has. */
const taken = ({ inputs, outputs }: Call, typeOf: TypeOf, countIn: CountIn): boolean => {
  const [x, places] = inputs as readonly [ValueId, ValueId]
  const [given, result] = [typeOf(x).shape, typeOf(outputs[0] as ValueId).shape]
  if (typeOf(places).shape?.length !== 1 || countIn(places) === undefined) return false
  return (
    given !== undefined && given.length === result?.length && given.every((dim, i) => isSame(dim, result[i]))
  )
}

/** The input that a layer gives back since it takes, or overwrites, all of its rows in their order. */
export const wholeRows = (
  module: AnyModule,
  call: Call,
  typeOf: TypeOf,
  countIn: CountIn,
): GivenBack | undefined => {
  const operator = operatorOf(module)
  if (operator === 'ScatterND' && overwritten(call.inputs, typeOf, countIn))
    return { input: 2, exactness: 'bits' }
  if (operator === 'Gather' && taken(call, typeOf, countIn)) return { input: 0, exactness: 'bits' }
  return undefined
}
