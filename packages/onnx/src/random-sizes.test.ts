import { array, assert, asyncProperty, integer, record } from 'fast-check'
import type { NodeProto, TensorProto } from 'onnx-buf'
import { expect, test } from 'vitest'
import { fused, graphIn } from '../test/conv-bn.js'
import { model, node, ramp, tensor } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'

/*
 * Random concatenations, and reshapes to sizes that a file computes, each of them a product of numbers and of two symbols,
 * taken from the input or from the value that is reshaped. What is known of them without running must be so, whatever the symbols are.
 */

/** A size is the product of its parts. */
type Part = 2 | 3 | 'n' | 'h'
type Size = readonly Part[]

const input: readonly Size[] = [['n'], [2, 2, 3], ['h'], [2, 3]]

const numberIn = (size: Size): number =>
  size.reduce<number>((product, part) => product * (Number(part) || 1), 1)

/** Parts in one group each, as the seeds say. */
const regrouped = (shape: readonly Size[], count: number, seed: number): Size[] => {
  const groups = Array.from({ length: count }, (): Part[] => [])
  for (const [i, part] of shape.flat().entries()) groups[(i * 7 + seed * (i + 3)) % count]?.push(part)
  return groups
}

interface File {
  readonly nodes: NodeProto[]
  readonly initializers: TensorProto[]
  value: string
  shape: readonly Size[]
}

const emit = ({ nodes }: File, type: string, inputs: string[], attributes = {}): string => {
  const output = `${type} ${nodes.length}`
  nodes.push(node(type, inputs, [output], attributes))
  return output
}

const list = ({ initializers }: File, ...values: number[]): string => {
  const name = `list ${initializers.length}`
  initializers.push(tensor(name, [values.length], values, 'int64'))
  return name
}

const sizeAt = (file: File, value: string, axis: number): string =>
  emit(file, 'Gather', [emit(file, 'Shape', [value]), list(file, axis)], { axis: 0 })

const symbolsIn = (size: Size): string =>
  size
    .filter((part) => typeof part === 'string')
    .sort()
    .join()

/** A size by the one of the value that has the same symbols, or by those of the input. */
const computed = (file: File, size: Size): string => {
  const symbols = symbolsIn(size)
  if (symbols === '') return list(file, numberIn(size))
  const axis = file.shape.findIndex((other) => symbolsIn(other) === symbols)
  if (axis >= 0) {
    const many = emit(file, 'Mul', [sizeAt(file, file.value, axis), list(file, numberIn(size))])
    return emit(file, 'Div', [many, list(file, numberIn(file.shape[axis] as Size))])
  }
  const parts = symbols.split(',').map((symbol) => sizeAt(file, 'x', symbol === 'n' ? 0 : 2))
  return parts.reduce((a, b) => emit(file, 'Mul', [a, b]), list(file, numberIn(size)))
}

interface Step {
  readonly count: number
  readonly seed: number
  readonly left: number
}

/** Twice as many along an axis, and twice as many again. */
const joined = (file: File, axis: number): void => {
  const twice = emit(file, 'Concat', [file.value, emit(file, 'Sigmoid', [file.value])], { axis })
  file.value = emit(file, 'Concat', [twice, twice], { axis: axis - file.shape.length })
  file.shape = file.shape.map((size, i) => (i === axis ? [...size, 2, 2] : size))
}

const step = (file: File, { count, seed, left }: Step): void => {
  if (seed % 3 === 0) joined(file, seed % file.shape.length)
  const shape = regrouped(file.shape, count, seed)
  const sizes = shape.map((size, i) => (i === left ? list(file, -1) : computed(file, size)))
  const active = emit(file, 'Sigmoid', [file.value])
  const reshaped = emit(file, 'Reshape', [active, emit(file, 'Concat', sizes, { axis: 0 })])
  const perm = shape.map((_, axis) => (axis + seed) % shape.length)
  file.value = emit(file, 'Transpose', [reshaped], { perm })
  file.shape = perm.map((axis) => shape[axis] as Size)
}

const fileOf = (steps: readonly Step[]): Uint8Array => {
  const file: File = { nodes: [], initializers: [], value: 'x', shape: input }
  for (const each of steps) step(file, each)
  return model({
    nodes: [...file.nodes, node('Neg', [file.value], ['y'])],
    initializers: file.initializers,
    inputs: { x: ['n', 12, 'h', 6] },
    outputs: { y: { dtype: 'float32', shape: undefined } },
    opset: 17,
  })
}

const shapesIn = (bytes: Uint8Array): number =>
  graphIn(bytes).node.filter(({ opType }) => opType === 'Shape').length

const steps = array(
  record({
    count: integer({ min: 1, max: 4 }),
    seed: integer({ min: 0, max: 11 }),
    left: integer({ min: 0, max: 7 }),
  }),
  { minLength: 1, maxLength: 5 },
)

test('sizes that are known without running are those that are there', async () => {
  let [before, after] = [0, 0]
  await assert(
    asyncProperty(steps, async (given) => {
      const bytes = fileOf(given)
      const result = (await fused(bytes)).after
      before += shapesIn(bytes)
      after += shapesIn(result)
      for (const [n, h] of [
        [1, 1],
        [2, 5],
        [6, 1],
      ] as const) {
        const feeds = { x: { dims: [n, 12, h, 6], values: ramp(72 * n * h) } }
        expect(await runOnnx(result, feeds)).toEqual(await runOnnx(bytes, feeds))
      }
    }),
    { numRuns: 150, seed: 9 },
  )
  expect(after).toBeLessThan(before / 4)
})
