import {
  Add,
  AvgPool2d,
  Cat,
  Constant,
  Conv2d,
  ConvTranspose1d,
  Flatten,
  floatTensor,
  GraphModule,
  graphModule,
  type Kind,
  kind,
  Linear,
  MaxPool1d,
  ReLU,
  Sequential,
  type Tensor,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { run } from './index.js'

const Opaque: Kind<'onnx.Op', { op: string }, [op: string]> = kind('onnx.Op', {
  create: (op) => ({ attrs: { op } }),
})

const tensor = (...shape: number[]): Tensor =>
  floatTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape)

const one = Conv2d({ weight: tensor(2, 3, 2, 2) })

describe('a layer that does not say what it computes', () => {
  test('is named with its path', async () => {
    const model = Sequential({ features: Sequential({ relu: ReLU(), odd: Opaque('LRN') }) })
    await expect(run(model, [tensor(1)])).rejects.toMatchObject({
      code: 'NO_FORWARD',
      path: 'features.odd',
      message: 'onnx.Op at "features.odd" does not say what it computes',
    })
  })

  test('may be the model itself', async () => {
    await expect(run(Opaque('LRN'), [tensor(1)])).rejects.toMatchObject({ code: 'NO_FORWARD', path: '' })
  })
})

describe('a layer that cannot be computed is named with its path and the reason', () => {
  const cases = [
    ['channels', one, [tensor(1, 4, 5, 5)], 'the input needs shape [N, 3, H, W], got [1, 4, 5, 5]'],
    ['rank', one, [tensor(3, 5, 5)], 'the input needs shape [N, 3, H, W], got [3, 5, 5]'],
    ['a kernel that is too large', one, [tensor(1, 3, 1, 5)], 'the kernel covers 2 elements'],
    ['features', Linear({ weight: tensor(2, 3) }), [tensor(2, 4)], 'shape [..., 3], got [2, 4]'],
    ['broadcasting', Add(), [tensor(2, 3), tensor(2, 2)], '[2, 3] and [2, 2] do not broadcast'],
    ['joining', Cat(), [tensor(2, 3), tensor(3, 3)], 'cannot be joined along axis 1'],
    ['an axis', Flatten({ startAxis: 3 }), [tensor(2, 3)], 'axis 3 is outside of 2 dimensions'],
    ['a window', MaxPool1d({ kernelSize: 4 }), [tensor(1, 1, 3)], 'a window of 4 does not fit'],
    ['the rank of a pool', AvgPool2d({ kernelSize: 1 }), [tensor(1, 3)], 'of 4 dimensions'],
    [
      'padding that takes everything off',
      ConvTranspose1d({ weight: tensor(1, 1, 1), padding: 1 }),
      [tensor(1, 1, 2)],
      'leaves nothing',
    ],
    [
      'reflecting too much',
      Conv2d({ weight: tensor(1, 1, 1, 1), padding: 2, paddingMode: 'reflect' }),
      [tensor(1, 1, 2, 5)],
      'reflect padding of 2 is more than an axis of 2 has',
    ],
    ['too many inputs', ReLU(), [tensor(1), tensor(1)], 'takes 1 input but is given 2'],
    ['too few inputs', Add(), [tensor(1)], 'takes more than 1 inputs but is given 1'],
    ['inputs of a constant', Constant(tensor(1)), [tensor(1)], 'takes 0 inputs but is given 1'],
  ] as const

  test.each(cases)('%s', async (_name, layer, inputs, reason) => {
    const names = inputs.map((_, i) => `x${i}`)
    const calls = [{ target: 'odd', inputs: names, outputs: ['y'] }]
    const graph = { inputs: names, calls, outputs: ['y'], types: new Map() }
    const model = Sequential({ block: GraphModule(new Map([['odd', layer]]), graph) })
    const alone = run(inputs.length === 1 ? model : layer, [...inputs])
    await expect(alone).rejects.toMatchObject({
      code: 'RUN_FAILED',
      path: inputs.length === 1 ? 'block.odd' : '',
      message: expect.stringContaining(reason),
      cause: { code: 'BAD_INPUT' },
    })
  })

  test('a graph given the wrong number of inputs', async () => {
    const model = graphModule({ add: Add() }, (m, x, y) => m.add(x as never, y as never))
    await expect(run(Sequential([model]), [tensor(1)])).rejects.toMatchObject({
      code: 'RUN_FAILED',
      path: '0',
    })
  })

  test('weights that cannot be read', async () => {
    const broken: Tensor = {
      dtype: 'float32',
      shape: [1, 1],
      storage: {
        type: 'slice',
        offset: 0,
        source: { name: 'gone.bin', size: 4, read: () => Promise.reject(new Error('gone')) },
      },
    }
    const failing = run(Sequential([Linear({ weight: broken })]), [tensor(1, 1)])
    await expect(failing).rejects.toMatchObject({ code: 'RUN_FAILED', path: '0', cause: { message: 'gone' } })
  })
})

describe('inputs and devices', () => {
  test('a shape that does not fit the numbers', async () => {
    const input = { data: new Float32Array(3), shape: [2, 2] }
    await expect(run(ReLU(), [input])).rejects.toMatchObject({ code: 'TENSOR_SIZE' })
  })

  test('an array class that is no dtype', async () => {
    const input = { data: new BigInt64Array(1), shape: [1] }
    await expect(run(ReLU(), [input])).rejects.toMatchObject({ code: 'DTYPE_UNSUPPORTED' })
  })

  test('a device that is not there', async () => {
    const failing = run(ReLU(), [tensor(1)], { device: 'webgpu' })
    await expect(failing).rejects.toMatchObject({ code: 'DEVICE_UNAVAILABLE' })
  })
})
