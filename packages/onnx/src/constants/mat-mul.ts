import { decodeFloats, elementCount, encode, isFloat, type Tensor } from '@nnfuse/ir'
import { approximateTensor, expanded, reshaped } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'

/** Products of two numbers: what a few bytes of a file ask for may take hours. */
const mostProducts = 2 ** 26

interface Sizes {
  readonly batch: number
  readonly rows: number
  readonly inner: number
  readonly columns: number
}

type Values = ArrayLike<number>

/** Sums in double precision. */
const multiplied = (a: Values, b: Values, { batch, rows, inner, columns }: Sizes): Float64Array => {
  const result = new Float64Array(batch * rows * columns)
  for (let row = 0; row < batch * rows; row += 1) {
    const matrix = Math.floor(row / rows) * inner
    for (let k = 0; k < inner; k += 1) {
      const factor = a[row * inner + k] as number
      for (let column = 0; column < columns; column += 1) {
        const at = row * columns + column
        result[at] = (result[at] as number) + factor * (b[(matrix + k) * columns + column] as number)
      }
    }
  }
  return result
}

/** The same matrices, one for each of the batch. */
const repeated = (tensor: Tensor, batch: readonly number[]): Tensor | undefined =>
  expanded(tensor, [...batch, ...tensor.shape.slice(-2)])

/** What the axes before the last two broadcast to, if they do. */
const batchOf = (a: Tensor, b: Tensor): readonly number[] => {
  const [left, right] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
  const rank = Math.max(left.length, right.length)
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [left.at(i - rank) ?? 1, right.at(i - rank) ?? 1]
    return x === 1 ? y : x
  })
}

/** Of matrices; a vector is a row of the first operand, a column of the second. */
const ofMatrices = (a: Tensor, b: Tensor): Tensor | undefined => {
  const batch = batchOf(a, b)
  const [left, right] = [repeated(a, batch), repeated(b, batch)]
  if (left === undefined || right === undefined) return undefined
  const [rows, inner] = left.shape.slice(-2) as [number, number]
  const [height, columns] = right.shape.slice(-2) as [number, number]
  const sizes = { batch: elementCount(batch), rows, inner, columns }
  if (inner !== height || !(sizes.batch * rows * inner * columns <= mostProducts)) return undefined
  const { dtype } = a
  return approximateTensor({ dtype, shape: [...batch, rows, columns] }, [left, right], (x, y) =>
    encode(multiplied(decodeFloats(x, dtype), decodeFloats(y, dtype), sizes), dtype),
  )
}

const asMatrix = (tensor: Tensor, shape: readonly number[]): Tensor | undefined =>
  tensor.shape.length === 1 ? reshaped(tensor, shape) : tensor

export const matMul: Evaluator = (_node, [a, b]) => {
  if (a === undefined || b === undefined || a.dtype !== b.dtype || !isFloat(a.dtype)) return undefined
  if (a.shape.length === 0 || b.shape.length === 0) return undefined
  const left = asMatrix(a, [1, ...a.shape])
  const right = asMatrix(b, [...b.shape, 1])
  const product = left && right && ofMatrices(left, right)
  const gone = [...(a.shape.length === 1 ? [-2] : []), ...(b.shape.length === 1 ? [-1] : [])]
  return (
    product &&
    reshaped(
      product,
      product.shape.filter((_, axis) => !gone.includes(axis - product.shape.length)),
    )
  )
}
