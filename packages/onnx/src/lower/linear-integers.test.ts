import {
  floatTensor,
  graphModule,
  type Kind,
  kind,
  type Model,
  type Ops,
  type Tensor,
  tensorOf,
  toModel,
  type ValueType,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { runOnnx } from '../../test/run-onnx.js'
import { documentOf, importOnnx, initializerTensors, serializeOnnx } from '../index.js'

type Compute = <V>(ops: Ops<V>, x: V) => V

const input: ValueType = { dtype: 'float32', shape: [2, 3] }
const values = [0, 1, 2, -1, 51, 204]

const modelOf = (compute: Compute): Model => {
  const Computed: Kind<'acme.Computed', object, []> = kind('acme.Computed', {
    create: () => ({ attrs: {} }),
    forward: (ops, _module, x) => compute(ops, x),
  })
  return toModel(graphModule({ layer: Computed() }, (m, x) => m.layer(x), { inputs: { x: input } }))
}

const resultOf = async (compute: Compute, opset: number): Promise<readonly number[]> => {
  const bytes = await serializeOnnx(modelOf(compute), { opset })
  const outputs = await runOnnx(bytes, { x: { dims: [2, 3], values } })
  return Object.values(outputs)[0]?.values ?? []
}

const operators = async (compute: Compute, opset: number): Promise<string[]> => {
  const document = documentOf(await importOnnx(await serializeOnnx(modelOf(compute), { opset })))
  return document?.nodes.map(({ node }) => node.opType) ?? []
}

const int8 = (shape: readonly number[], ...numbers: readonly number[]): Tensor =>
  tensorOf('int8', shape, new Uint8Array(Int8Array.from(numbers).buffer))

const weight = int8([2, 3], 1, 2, 3, -4, 0, 7)

describe('values that are put on a grid as they come', () => {
  const sums: Compute = (ops, x) => {
    const [integers, scale, zeroPoint] = ops.dynamicQuantize(x)
    const product = ops.linearIntegers(integers, zeroPoint, { weight, zeroPoint: int8([2], 0, 1) })
    return ops.mul(product, scale)
  }
  // the scale is 205 / 255, so that 0 is at 1
  const step = 205 / 255
  const onGrid = values.map((x) => Math.round(x / step) * step)
  const wanted = [0, 3].flatMap((row) => {
    const [a = 0, b = 0, c = 0] = onGrid.slice(row, row + 3)
    return [a + 2 * b + 3 * c, -5 * a - b + 6 * c]
  })

  test.each([11, 13, 17, 21])('times integers, opset %i', async (opset) => {
    expect(await resultOf(sums, opset)).toEqual(wanted.map((one) => expect.closeTo(one, 3)))
  })

  test('need opset 11', async () => {
    await expect(resultOf(sums, 10)).rejects.toMatchObject({ code: 'CANNOT_EXPRESS', path: 'layer' })
  })

  test('are put there once for all that take them', async () => {
    const both: Compute = (ops, x) => ops.add(sums(ops, x), sums(ops, x))
    const found = await operators(both, 17)
    expect(found.filter((one) => one === 'DynamicQuantizeLinear')).toHaveLength(1)
    expect(found.filter((one) => one === 'MatMulInteger')).toHaveLength(2)
  })
})

describe('floats times a weight of integers', () => {
  const scale = floatTensor([0.5, 2], [2])
  const zeroPoint = int8([2], 0, 1)
  const product: Compute = (ops, x) => ops.linearDequantized(x, { weight, scale, zeroPoint, axis: 0 })
  const wanted = [(2 + 6) / 2, 2 * (-1 + 12), (-1 + 102 + 612) / 2, 2 * (5 - 51 + 1224)]

  test.each([13, 17, 21])('opset %i', async (opset) => {
    expect(await resultOf(product, opset)).toEqual(wanted)
    expect(await operators(product, opset)).toEqual(['DequantizeLinear', 'MatMul'])
  })

  const blocks: Compute = (ops, x) =>
    ops.linearDequantized(x, {
      weight,
      scale: floatTensor([1, 2, 4, 8], [2, 2]),
      zeroPoint: int8([2, 2], 0, 0, 0, 0),
      axis: 1,
      format: { dtype: 'int4', blockSize: 2 },
    })

  test('in blocks of 4 bits, two to a byte', async () => {
    const found = await resultOf(blocks, 21)
    expect(found).toEqual([2 + 12, 112, -1 + 102 + 6 * 204, 16 + 56 * 204])
    const tensors = [...initializerTensors(modelOf(blocks), { opset: 21 }).values()]
    expect(tensors.map(({ dtype }) => dtype)).toEqual(expect.arrayContaining(['int4', 'int4', 'float32']))
  })

  test('blocks need opset 21', async () => {
    await expect(resultOf(blocks, 20)).rejects.toMatchObject({ code: 'CANNOT_EXPRESS', path: 'layer' })
  })
})
