import { type DType, decodeFloats, encode, isFloat, type Tensor, tensorOf } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { approximateTensor, derivedTensor, expanded } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { fits, integersAtHand, isInteger, numbers } from './numbers.js'

/*
 * Arithmetic on constants. Floats are computed in double precision and rounded once, when somebody reads them;
 * integers are computed at once, since a result that does not fit is nobody's standard. Functions that no standard says
 * to the last digit give approximate tensors.
 */

type Operation = (a: number, b: number) => number

interface Operations {
  /** Undefined where floats are left to the runtime. */
  readonly floats: Operation | undefined
  /** Undefined where integers are left to the runtime. */
  readonly integers: Operation | undefined
  /** Whether the second operand may be of another dtype. */
  readonly mixed?: true
  /** Whether a runtime may round the last digit of floats otherwise. */
  readonly approximate?: true
}

const floatResult = (
  a: Tensor,
  b: Tensor,
  compute: Operation,
  make: typeof derivedTensor,
): Tensor | undefined =>
  make(a, [a, b], (left, right) => {
    const others = isFloat(b.dtype) ? decodeFloats(right, b.dtype) : numbers(right, b.dtype)
    return encode(
      decodeFloats(left, a.dtype).map((value, i) => compute(value, others[i] as number)),
      a.dtype,
    )
  })

const integerResult = (a: Tensor, b: Tensor, compute: Operation): Tensor | undefined => {
  const [left, right] = [integersAtHand(a), integersAtHand(b)]
  const values = left && right && left.map((value, i) => compute(value, right[i] as number))
  return values?.every((value) => Number.isInteger(value) && fits(a.dtype, value))
    ? tensorOf(a.dtype, a.shape, encode(values, a.dtype))
    : undefined
}

const isNumeric = (dtype: DType): boolean => isFloat(dtype) || isInteger(dtype)

/** Of operands of one shape. */
export const combined = (a: Tensor, b: Tensor, operations: Operations): Tensor | undefined => {
  const { floats, integers, mixed, approximate } = operations
  if (!isNumeric(b.dtype) || (a.dtype !== b.dtype && !mixed)) return undefined
  if (isFloat(a.dtype))
    return floats && floatResult(a, b, floats, approximate ? approximateTensor : derivedTensor)
  return integers && isInteger(a.dtype) && a.dtype !== 'bool' ? integerResult(a, b, integers) : undefined
}

const broadcast = (a: Tensor, b: Tensor, operations: Operations): Tensor | undefined => {
  const left = expanded(a, b.shape)
  const right = left && expanded(b, left.shape)
  return left && right && combined(left, right, operations)
}

const binary =
  (operations: Operations): Evaluator =>
  ({ attribute }, [a, b]) =>
    a === undefined || b === undefined || attribute.length > 0 ? undefined : broadcast(a, b, operations)

/** Any number of operands; one alone is the result, whatever it is of. */
const variadic =
  (operations: Operations): Evaluator =>
  ({ attribute }, [first, ...rest]) =>
    attribute.length > 0
      ? undefined
      : rest.reduce(
          (a, b) => (a === undefined || b === undefined ? undefined : broadcast(a, b, operations)),
          first,
        )

/** An operator with one operand, as one with two of which the second is not read. */
export const unary =
  (operations: Operations): Evaluator =>
  ({ attribute }, [x]) =>
    x === undefined || attribute.length > 0 ? undefined : combined(x, x, operations)

export const add: Evaluator = binary({ floats: (a, b) => a + b, integers: (a, b) => a + b })
export const sub: Evaluator = binary({ floats: (a, b) => a - b, integers: (a, b) => a - b })
export const mul: Evaluator = binary({ floats: (a, b) => a * b, integers: (a, b) => a * b })
/** Integers are rounded toward zero; divided by zero, they do not fit. */
export const div: Evaluator = binary({ floats: (a, b) => a / b, integers: (a, b) => Math.trunc(a / b) })
export const pow: Evaluator = binary({
  floats: (a, b) => a ** b,
  integers: undefined,
  mixed: true,
  approximate: true,
})
export const max: Evaluator = variadic({ floats: undefined, integers: Math.max })
export const min: Evaluator = variadic({ floats: undefined, integers: Math.min })

/** The sign of the divisor, as Python has it; with `fmod` it is another operation. */
const remainder = (a: number, b: number): number => a - b * Math.floor(a / b)

export const mod: Evaluator = (node, inputs, ...rest) => {
  const attributes = readAttributes(node, { fmod: 'int' })
  if (typeof attributes === 'string' || attributes.fmod) return undefined
  return binary({ floats: undefined, integers: remainder })({ ...node, attribute: [] }, inputs, ...rest)
}

const isEqual: Operation = (a, b) => (a === b ? 1 : 0)

/** Integers only: a float that is computed may be another one in a runtime. */
export const equal: Evaluator = ({ attribute }, [a, b]) => {
  if (a === undefined || b === undefined || attribute.length > 0) return undefined
  const same = a.dtype === 'bool' ? undefined : broadcast(a, b, { floats: undefined, integers: isEqual })
  return same && tensorOf('bool', same.shape, encode(integersAtHand(same) ?? [], 'bool'))
}
