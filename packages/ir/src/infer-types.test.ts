import { expect, test } from 'vitest'
import { graphModule } from './graph-module.js'
import { inferModule, inferTypes } from './infer-types.js'
import { manualSeed } from './init/manual-seed.js'
import { ReLU } from './kinds/activations.js'
import { Add, Cat, Flatten } from './kinds/elementwise.js'
import { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d } from './kinds/pooling.js'
import type { AnyModule } from './module.js'
import { type Dim, formatType, unknownType } from './value-type.js'

const nn = manualSeed(0)
const shapeAfter = (module: AnyModule, ...shapes: (readonly Dim[])[]): readonly Dim[] | undefined =>
  inferModule(
    module,
    shapes.map((shape) => ({ dtype: 'float32' as const, shape })),
  )[0]?.shape

/** Checked against the same layers in torch 2.13. */
test.each([
  [nn.Conv2d(3, 8, 3, { stride: 2, padding: 1 }), [1, 3, 7, 8], [1, 8, 4, 4]],
  [nn.Conv2d(3, 8, 3, { dilation: 2 }), [1, 3, 9, 9], [1, 8, 5, 5]],
  [nn.Conv1d(3, 8, 4, { padding: 'same' }), [1, 3, 10], [1, 8, 10]],
  [nn.ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1 }), [1, 4, 5, 5], [1, 6, 10, 10]],
  [MaxPool2d({ kernelSize: 3, stride: 2, ceilMode: true }), [1, 3, 6, 7], [1, 3, 3, 3]],
  [MaxPool2d({ kernelSize: 2, stride: 2, ceilMode: true, padding: 1 }), [1, 3, 3, 4], [1, 3, 2, 3]],
  [AvgPool2d({ kernelSize: 2 }), [1, 3, 5, 4], [1, 3, 2, 2]],
  [AdaptiveAvgPool2d({ outputSize: [null, 2] }), [1, 3, 5, 9], [1, 3, 5, 2]],
  [nn.Linear(4, 9), [2, 3, 4], [2, 3, 9]],
  [Flatten(), [2, 3, 4, 5], [2, 60]],
] as const)('the shape after %o', (module, before, after) => {
  expect(shapeAfter(module, before)).toEqual(after)
})

test('symbolic sizes are kept where the axis is, and lost where it is computed', () => {
  expect(shapeAfter(nn.Conv2d(3, 8, 3), ['batch', 3, 'h', 10])).toEqual(['batch', 8, null, 8])
  expect(shapeAfter(Add(), ['batch', 8, 1], [8, 4])).toEqual(['batch', 8, 4])
  expect(shapeAfter(Cat(), ['n', 2, 5], ['n', 3, 5])).toEqual(['n', 5, 5])
})

test('a convolution tells the rank even where nothing is known of its input', () => {
  expect(inferModule(nn.Conv2d(3, 8, 3), [unknownType])[0]?.shape).toEqual([null, 8, null, null])
})

test('a graph infers from what its inputs state', () => {
  const graph = graphModule({ conv: nn.Conv2d(3, 8, 3), relu: ReLU() }, (m, image) => m.relu(m.conv(image)), {
    inputs: { image: { dtype: 'float32', shape: ['n', 3, 8, 8] } },
  })
  expect(formatType(inferTypes(graph).get('relu') ?? unknownType)).toBe('float32[n, 8, 6, 6]')
})
