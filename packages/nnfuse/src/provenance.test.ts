import { Cat, graphModule, Model, manualSeed, ReLU, Sequential } from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { fuse } from './fuse.js'

const nn = manualSeed(0)

test('a fused layer knows the rules that made it and the layers it was made from', () => {
  const { model } = fuse(Sequential({ conv: nn.Conv2d(3, 4, 1), bn: nn.BatchNorm2d(4), relu: ReLU() }))
  expect([...model.provenance]).toEqual([
    ['conv', { rules: ['conv2d-bn-relu'], from: ['conv', 'bn', 'relu'] }],
  ])
})

test('through several rounds, and through fusing what has been fused before', () => {
  const layers = { conv: nn.Conv2d(3, 4, 1), a: nn.BatchNorm2d(4), b: nn.BatchNorm2d(4) }
  const { model } = fuse(Sequential(layers))
  expect(model.provenance.get('conv')).toEqual({
    rules: ['conv2d-bn', 'conv2d-bn'],
    from: ['conv', 'a', 'b'],
  })
  const root = Sequential({ conv: model.root.children.get('conv') as never, relu: ReLU() })
  const again = fuse(new Model(root, { provenance: model.provenance }))
  expect(again.model.provenance.get('conv')).toEqual({
    rules: ['conv2d-bn', 'conv2d-bn', 'conv2d-relu'],
    from: ['conv', 'a', 'b', 'relu'],
  })
})

test('every layer that has taken a part up', () => {
  const layers = { a: nn.Conv2d(3, 2, 1), b: nn.Conv2d(3, 2, 1), cat: Cat(), bn: nn.BatchNorm2d(4) }
  const { model } = fuse(graphModule(layers, (m, x) => m.bn(m.cat(m.a(x), m.b(x)))))
  expect(model.provenance.get('a')).toEqual({ rules: ['affine-back'], from: ['a', 'bn'] })
  expect(model.provenance.get('b')).toEqual({ rules: ['affine-back'], from: ['b', 'bn'] })
})
