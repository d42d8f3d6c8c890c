import {
  floatTensor,
  type Grid,
  graphModule,
  type Kind,
  kind,
  Linear,
  type Ops,
  type Tensor,
  tensorOf,
  type ValueType,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { runOnnx } from '../../test/run-onnx.js'
import { documentOf, importOnnx, serializeOnnx } from '../index.js'

type Compute = <V>(ops: Ops<V>, x: V) => V

const input: ValueType = { dtype: 'float32', shape: [2, 3] }
const values = [-1, 0.25, 2, 0.5, -3, 100]

const written = (compute: Compute, opset: number): Promise<Uint8Array> => {
  const Computed: Kind<'acme.Computed', object, []> = kind('acme.Computed', {
    create: () => ({ attrs: {} }),
    forward: (ops, _module, x) => compute(ops, x),
  })
  const model = graphModule({ layer: Computed() }, (m, x) => m.layer(x), { inputs: { x: input } })
  return serializeOnnx(model, { opset })
}

const resultOf = async (compute: Compute, opset: number): Promise<readonly number[]> => {
  const outputs = await runOnnx(await written(compute, opset), { x: { dims: [2, 3], values } })
  return Object.values(outputs)[0]?.values ?? []
}

const operators = async (bytes: Uint8Array): Promise<string[]> =>
  documentOf(await importOnnx(bytes))?.nodes.map(({ node }) => node.opType) ?? []

const int32 = (...numbers: number[]): Tensor =>
  tensorOf(
    'int32',
    numbers.length === 1 ? [] : [numbers.length],
    new Uint8Array(Int32Array.from(numbers).buffer),
  )

const gridOf = <V>(ops: Ops<V>, given: Partial<Grid<V>> = {}): Grid<V> => ({
  scale: ops.constant(floatTensor([0.5], [])),
  zeroPoint: ops.constant(int32(3)),
  axis: 1,
  dtype: 'uint8',
  min: 0,
  max: 255,
  ...given,
})

const onGrid: Compute = (ops, x) => ops.quantizeDequantize(x, gridOf(ops))
const channels: Compute = (ops, x) => {
  const scale = ops.constant(floatTensor([0.5, 1, 2], [3]))
  return ops.quantizeDequantize(
    x,
    gridOf(ops, { scale, zeroPoint: ops.constant(int32(0, 0, 1)), dtype: 'int8', min: -128, max: 127 }),
  )
}
const narrow: Compute = (ops, x) => ops.quantizeDequantize(x, gridOf(ops, { max: 15 }))

describe('values on a grid', () => {
  test.each([10, 13, 17, 21])('one grid for all, opset %i', async (opset) => {
    expect(await resultOf(onGrid, opset)).toEqual([-1, 0, 2, 0.5, -1.5, 100])
  })

  test.each([13, 19])('a grid for each channel, opset %i', async (opset) => {
    expect(await resultOf(channels, opset)).toEqual([-1, 0, 2, 0.5, -3, 100])
  })

  test('a range within the type is clamped to', async () => {
    expect(await resultOf(narrow, 17)).toEqual([-1, 0, 2, 0.5, -1.5, 6])
  })

  test('a zero point of the type itself needs no cast', async () => {
    const zero = tensorOf('uint8', [], Uint8Array.of(3))
    const compute: Compute = (ops, x) =>
      ops.quantizeDequantize(x, gridOf(ops, { zeroPoint: ops.constant(zero) }))
    expect(await operators(await written(compute, 17))).toEqual(['QuantizeLinear', 'DequantizeLinear'])
    expect(await operators(await written(onGrid, 17))).toContain('Cast')
  })

  test.each<[string, Compute, number]>([
    ['quantization needs opset 10', onGrid, 9],
    ['a scale for each channel needs opset 13', channels, 12],
    ['the range 0 to 15 of uint8 needs opset 12', narrow, 11],
  ])('%s', async (reason, compute, opset) => {
    await expect(written(compute, opset)).rejects.toMatchObject({
      code: 'CANNOT_EXPRESS',
      message: expect.stringContaining(reason),
    })
  })
})

const weight = floatTensor([1, 2, 3, -1, -2, -3], [2, 3])
const bias = floatTensor([10, 20], [2])
const product = [...[-1 + 0.5 + 6, 1 - 0.5 - 6], ...[0.5 - 6 + 300, -0.5 + 6 - 300]]

describe('a layer with a computed weight', () => {
  const attrs = Linear({ weight, bias }).attrs
  const computed: Compute = (ops, x) =>
    ops.linear(x, attrs, {
      weight: ops.constant(weight),
      bias: ops.add(ops.constant(bias), ops.constant(bias)),
    })

  test('takes it in the place of its own', async () => {
    expect(await resultOf(computed, 17)).toEqual(product.map((one, i) => one + (i % 2 === 0 ? 20 : 40)))
    expect(await operators(await written(computed, 17))).toEqual(['Add', 'Gemm'])
  })

  test('also where the input is no matrix', async () => {
    const unsqueezed: Compute = (ops, x) =>
      ops.squeeze(
        ops.linear(ops.unsqueeze(x, [0]), { ...attrs, bias: null }, { weight: ops.constant(weight) }),
        [0],
      )
    expect(await resultOf(unsqueezed, 17)).toEqual(product)
  })
})

test.each([9, 13, 17, 18, 21])('roots, means and choices, opset %i', async (opset) => {
  const compute: Compute = (ops, x) => {
    const roots = ops.sqrt(ops.mul(x, x))
    return ops.where(ops.add(x, ops.constant(floatTensor([1], []))), roots, ops.mean(x, [1]))
  }
  const close = [(-1 + 0.25 + 2) / 3, 0.25, 2, 0.5, 3, 100].map((one) => expect.closeTo(one, 5))
  expect(await resultOf(compute, opset)).toEqual(close)
})

test('what a module keeps is written as it stands, and what it would learn is not', async () => {
  const attrs = { sum: floatTensor([5], []) }
  const compute: Compute = (ops, x) => {
    ops.learn(attrs, [x], () => ({ sum: floatTensor([7], []) }))
    return ops.mul(x, ops.kept(attrs, 'sum'))
  }
  expect(await resultOf(compute, 17)).toEqual(values.map((one) => 5 * one))
})
