import {
  Conv2d,
  type ConvAttrs,
  ConvTranspose2d,
  floatTensor,
  type Kind,
  kind,
  Linear,
  type LinearAttrs,
  type Ops,
  readValues,
  type Tensor,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { run } from '../index.js'

type Compute = <V>(ops: Ops<V>, x: V) => V

const computing = (compute: Compute): ReturnType<Kind<'acme.Computed', object, []>> => {
  const made: Kind<'acme.Computed', object, []> = kind('acme.Computed', {
    create: () => ({ attrs: {} }),
    forward: (ops, _module, x) => compute(ops, x),
  })
  return made()
}

const valuesOf = async (compute: Compute, x: Tensor): Promise<number[]> =>
  Array.from(await readValues((await run(computing(compute), [x])).outputs[0] as Tensor), Number)

const ramp = (...shape: number[]): Tensor =>
  floatTensor(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 4 - 1),
    shape,
  )

describe('a weight and a bias that are computed take the place of the own', () => {
  const weight = ramp(2, 2, 2, 2)
  const bias = floatTensor([3, -1], [2])
  const x = ramp(1, 2, 3, 3)
  const conv = (given: Partial<ConvAttrs>): ConvAttrs => Conv2d({ weight: ramp(2, 2, 2, 2), ...given }).attrs

  const doubled = <V>(ops: Ops<V>, tensor: Tensor): V => ops.add(ops.constant(tensor), ops.constant(tensor))
  const twice = (tensor: Tensor): Tensor =>
    floatTensor(
      Array.from(
        { length: tensor.shape.reduce((a, b) => a * b, 1) },
        (_, i) => (tensor === bias ? [6, -2][i] : i / 2 - 2) as number,
      ),
      tensor.shape,
    )

  test('in a convolution', async () => {
    const given = await valuesOf(
      (ops, value) =>
        ops.conv(value, conv({ bias: null }), { weight: doubled(ops, weight), bias: doubled(ops, bias) }),
      x,
    )
    expect(given).toEqual(
      await valuesOf((ops, value) => ops.conv(value, conv({ weight: twice(weight), bias: twice(bias) })), x),
    )
  })

  test('in a transposed convolution', async () => {
    const own = ConvTranspose2d({ weight, bias }).attrs
    const given = await valuesOf(
      (ops, value) => ops.convTranspose(value, own, { weight: doubled(ops, weight) }),
      x,
    )
    expect(given).toEqual(
      await valuesOf((ops, value) => ops.convTranspose(value, { ...own, weight: twice(weight) }), x),
    )
  })

  test('in a linear layer', async () => {
    const own: LinearAttrs = Linear({ weight: ramp(2, 3), bias }).attrs
    const given = await valuesOf(
      (ops, value) => ops.linear(value, own, { weight: doubled(ops, ramp(2, 3)), bias: doubled(ops, bias) }),
      ramp(4, 3),
    )
    const wanted = { weight: twice(ramp(2, 3)), bias: twice(bias) }
    expect(given).toEqual(await valuesOf((ops, value) => ops.linear(value, wanted), ramp(4, 3)))
  })
})

test('a choice takes a where the condition is not zero, NaN included', async () => {
  const condition = floatTensor([0, 1, -2, Number.NaN, -0], [5])
  const [a, b] = [floatTensor([1, 2, 3, 4, 5], [5]), floatTensor([-9], [])]
  const compute: Compute = (ops, value) => ops.where(value, ops.constant(a), ops.constant(b))
  expect(await valuesOf(compute, condition)).toEqual([-9, 2, 3, 4, -9])
})

test('a mean keeps its axes', async () => {
  const { outputs } = await run(
    computing((ops, x) => ops.mean(x, [0, -1])),
    [ramp(2, 3, 4)],
  )
  expect(outputs[0]?.shape).toEqual([1, 3, 1])
  expect(Array.from((await readValues(outputs[0] as Tensor)) as Float32Array)).toEqual([0.875, 1.875, 2.875])
})

test('quotients of float32 are rounded once', async () => {
  const [a, b] = [1, 2].map((k) =>
    Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i + k) * k + 0.1),
  ) as [Float32Array, Float32Array]
  const compute: Compute = (ops, x) => ops.div(x, ops.constant(floatTensor(b, [1000])))
  expect(await valuesOf(compute, floatTensor(a, [1000]))).toEqual(
    [...a].map((x, i) => Math.fround(x / (b[i] as number))),
  )
})

test('integers come back through their scales, one for each channel', async () => {
  const integers = floatTensor([0, 100, 200, 255], [2, 2], 'float32')
  const compute: Compute = (ops, x) =>
    ops.dequantize(x, ops.constant(floatTensor([0.5, 0.25], [2])), ops.constant(floatTensor([0, 55], [2])), 0)
  expect(await valuesOf(compute, integers)).toEqual([0, 50, 36.25, 50])
})

test('as many scales as there are channels', async () => {
  const compute: Compute = (ops, x) =>
    ops.dequantize(x, ops.constant(floatTensor([1, 1, 1], [3])), ops.constant(floatTensor([0, 0, 0], [3])), 1)
  await expect(valuesOf(compute, ramp(2, 2))).rejects.toThrow('3 scales for 2 indices along axis 1')
})
