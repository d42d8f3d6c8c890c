import type { NodeProto, TensorProto } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { type ModelParts, node, tensor, weights } from '../../test/onnx-builder.js'
import { raised } from '../../test/raised.js'

const ints = (name: string, ...values: number[]): TensorProto =>
  tensor(name, [values.length], values, 'int64')

const ofUnknownRank: ModelParts = { inputs: { x: { dtype: 'float32', shape: undefined } } }
const symbolic: ModelParts = { inputs: { x: ['n', 'c', 'h', 'w'] } }

describe('Reshape', () => {
  const reshape = (attributes: Parameters<typeof node>[3] = {}): NodeProto =>
    node('Reshape', ['x', 's'], ['y'], attributes)

  test.each<[number[], number, string]>([
    [[0, -1], 0, 'nn.Reshape(copy, -1)'],
    [[6, 0, 64], 0, 'nn.Reshape(6, copy, 64)'],
    [[0, 0], 1, 'nn.Reshape(0, 0)'],
    [[0, -1], 1, 'onnx.Op(Reshape)'],
    [[-1, -1], 0, 'onnx.Op(Reshape)'],
    [[-2, 4], 0, 'onnx.Op(Reshape)'],
    [[0, 0, 0, 0, 0], 0, 'onnx.Op(Reshape)'],
    [[], 0, 'nn.Reshape'],
  ])('to %j, allowzero %i', async (sizes, allowzero, expected) => {
    const initializers = [ints('s', ...sizes)]
    expect(await raised(reshape({ allowzero }), { initializers })).toBe(expected)
  })

  test('to a shape that is computed', async () => {
    const inputs = { x: [2, 3], s: { dtype: 'int64', shape: [1] } } as const
    expect(await raised(reshape(), { inputs })).toBe('onnx.Op(Reshape)')
  })
})

describe('Transpose', () => {
  test.each<[number[] | undefined, ModelParts, string]>([
    [[0, 2, 3, 1], {}, 'nn.Transpose(0, 2, 3, 1)'],
    [[0, 2, 3, 1], ofUnknownRank, 'nn.Transpose(0, 2, 3, 1)'],
    [undefined, {}, 'nn.Transpose(3, 2, 1, 0)'],
    [undefined, ofUnknownRank, 'onnx.Op(Transpose)'],
    [[1, 0], {}, 'onnx.Op(Transpose)'],
    [[0, 0, 1, 2], {}, 'onnx.Op(Transpose)'],
  ])('%j', async (perm, parts, expected) => {
    expect(await raised(node('Transpose', ['x'], ['y'], perm ? { perm } : {}), parts)).toBe(expected)
  })
})

describe('Squeeze and Unsqueeze', () => {
  const inputs = { x: [2, 1, 3, 1] }
  const initializers = [ints('a', 1, -1), ints('five', 6), ints('zero', 0)]

  test.each<[NodeProto, ModelParts, string]>([
    [node('Squeeze', ['x', 'a'], ['y']), {}, 'nn.Squeeze(1, -1)'],
    [node('Squeeze', ['x', 'a'], ['y']), ofUnknownRank, 'nn.Squeeze(1, -1)'],
    [node('Squeeze', ['x'], ['y'], { axes: [1] }), { opset: 12 }, 'nn.Squeeze(1)'],
    [node('Squeeze', ['x'], ['y'], { axes: [1] }), {}, 'onnx.Op(ai.onnx/Squeeze)'],
    [node('Squeeze', ['x', 'five'], ['y']), {}, 'onnx.Op(Squeeze)'],
    [node('Squeeze', ['x'], ['y']), {}, 'nn.Squeeze(1, 3)'],
    [node('Squeeze', ['x'], ['y']), symbolic, 'onnx.Op(Squeeze)'],
    [node('Unsqueeze', ['x', 'a'], ['y']), {}, 'nn.Unsqueeze(1, -1)'],
    [node('Unsqueeze', ['x', 'five'], ['y']), {}, 'onnx.Op(Unsqueeze)'],
    [node('Unsqueeze', ['x'], ['y'], { axes: [4] }), { opset: 11 }, 'nn.Unsqueeze(4)'],
    [node('Unsqueeze', ['x', 'a'], ['y']), { inputs: { x: [] } }, 'onnx.Op(Unsqueeze)'],
    [node('Unsqueeze', ['x', 'zero'], ['y']), { inputs: { x: [] } }, 'nn.Unsqueeze(0)'],
  ])('case %#', async (one, parts, expected) => {
    expect(await raised(one, { inputs, initializers, ...parts })).toBe(expected)
  })
})

describe('Flatten', () => {
  test.each<[number, ModelParts, string]>([
    [1, {}, 'nn.Flatten'],
    [0, {}, 'nn.Reshape(1, -1)'],
    [0, ofUnknownRank, 'nn.Reshape(1, -1)'],
    [2, {}, 'nn.Reshape(-1, 64)'],
    [-2, {}, 'nn.Reshape(-1, 64)'],
    [3, symbolic, 'nn.Flatten(0 to 2)'],
    [4, symbolic, 'nn.Reshape(-1, 1)'],
    [2, { inputs: { x: ['n', 3, 'h', 'w'] } }, 'onnx.Op(Flatten)'],
    [2, { inputs: { x: [2, 3, 'h', 'w'] } }, 'nn.Reshape(6, -1)'],
    [2, ofUnknownRank, 'onnx.Op(Flatten)'],
    [5, {}, 'onnx.Op(Flatten)'],
    [1, { inputs: { x: [3] } }, 'nn.Reshape(-1, 1)'],
  ])('from axis %i of %j', async (axis, parts, expected) => {
    expect(await raised(node('Flatten', ['x'], ['y'], { axis }), parts)).toBe(expected)
  })
})

describe('Pad', () => {
  const initializers = [
    ints('p', 0, 0, 1, 2, 0, 0, 3, 4),
    ints('short', 1, 2, 3, 4),
    ints('negative', 0, 0, -1, 0, 0, 0, 0, 0),
    ints('axes', -1, 2),
    tensor('v', [], [-1.5]),
    weights('w', 3),
  ]
  const pad = (input: string[], mode = 'constant'): NodeProto => node('Pad', input, ['y'], { mode })

  test.each<[NodeProto, ModelParts, string]>([
    [pad(['x', 'p']), {}, 'nn.Pad(0+0x0+0x1+3x2+4)'],
    [pad(['x', 'p', 'v']), {}, 'nn.Pad(0+0x0+0x1+3x2+4, value -1.5)'],
    [pad(['x', 'p']), ofUnknownRank, 'nn.Pad(0+0x0+0x1+3x2+4)'],
    [pad(['x', 'short', '', 'axes']), { opset: 18 }, 'nn.Pad(0+0x0+0x2+4x1+3)'],
    [pad(['x', 'short', '', 'axes']), { opset: 18, ...ofUnknownRank }, 'onnx.Op(Pad)'],
    [pad(['x', 'short']), {}, 'onnx.Op(Pad)'],
    [pad(['x', 'negative']), {}, 'onnx.Op(Pad)'],
    [pad(['x', 'p', 'w']), {}, 'onnx.Op(Pad)'],
    [pad(['x', 'p'], 'reflect'), {}, 'onnx.Op(Pad)'],
    [
      node('Pad', ['x'], ['y'], { pads: [0, 0, 1, 2, 0, 0, 3, 4], value: { float: 2 } }),
      { opset: 10 },
      'nn.Pad(0+0x0+0x1+3x2+4, value 2)',
    ],
  ])('case %#', async (one, parts, expected) => {
    expect(await raised(one, { initializers, ...parts })).toBe(expected)
  })
})
