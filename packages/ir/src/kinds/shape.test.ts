import { describe, expect, test } from 'vitest'
import type { AnyModule } from '../module.js'
import { print } from '../print.js'
import { floatTensor } from '../tensor-values.js'
import { Gemm } from './linear.js'
import { Pad, Reshape, Squeeze, Transpose, Unsqueeze } from './shape.js'

const zeros = (...shape: number[]) => floatTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)

describe('arguments that make no sense', () => {
  test.each<[string, () => AnyModule]>([
    ['two open sizes', () => Reshape({ shape: [-1, -1] })],
    ['an open size beside none', () => Reshape({ shape: [-1, 0] })],
    ['a negative size', () => Reshape({ shape: [-2] })],
    ['half a size', () => Reshape({ shape: [0.5] })],
    ['an axis that is missing', () => Transpose({ perm: [0, 2] })],
    ['an axis twice', () => Transpose({ perm: [0, 0] })],
    ['an axis that goes twice', () => Squeeze({ axes: [1, 1] })],
    ['half an axis', () => Unsqueeze({ axes: [0.5] })],
    ['what would cut off', () => Pad({ pads: [[-1, 0]] })],
    ['a weight of three axes', () => Gemm({ weight: zeros(4, 3, 1), bias: zeros(2, 4) })],
    ['a bias of another width', () => Gemm({ weight: zeros(4, 3), bias: zeros(2, 3) })],
    ['a bias that is a vector', () => Gemm({ weight: zeros(4, 3), bias: zeros(4) })],
  ])('%s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_ATTRIBUTE' }))
  })
})

test('layers as they are printed', () => {
  const pads = [
    [0, 0],
    [1, 2],
  ] as const
  const layers = [
    Reshape({ shape: ['copy', -1, 4] }),
    Transpose({ perm: [0, 2, 1] }),
    Squeeze({ axes: [-1] }),
    Unsqueeze({ axes: [0, 1] }),
    Pad({ pads }),
    Pad({ pads, value: -1 }),
    Gemm({ weight: zeros(4, 3), bias: zeros(2, 4) }),
  ]
  expect(layers.map((layer) => print(layer)).join('\n')).toMatchInlineSnapshot(`
    "nn.Reshape(copy, -1, 4)
    nn.Transpose(0, 2, 1)
    nn.Squeeze(-1)
    nn.Unsqueeze(0, 1)
    nn.Pad(0+0x1+2)
    nn.Pad(0+0x1+2, value -1)
    nn.Gemm(3 -> 4, bias 2x4)"
  `)
})
