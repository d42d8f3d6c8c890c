import { AdaptiveAvgPool2d, AvgPool2d, Flatten, graphModule, MaxPool2d, Mul, Sequential } from '@nnfuse/ir'
import { compareOutputs } from '@nnfuse/testing'
import { expect, test } from 'vitest'
import {
  bn1d,
  bn2d,
  type Case,
  constant,
  fuseAffine,
  image,
  kindsOf,
  nn,
  opaque,
  opaqueReshape,
  opaqueShape,
} from '../test/affine-case.js'

const passes: Record<string, Case> = {
  'a reshape whose sizes are computed': {
    model: Sequential([nn.Linear(3, 4), opaqueReshape(6, 4), bn1d(4)]),
    inputs: [[2, 3, 3]],
    leaves: 'Linear onnx.Op',
  },
  'one on the way forward': {
    model: Sequential([bn1d(4), opaqueReshape(2, 1, 4), nn.Linear(4, 3)]),
    inputs: [[2, 4]],
    leaves: 'onnx.Op Linear',
  },
  'who looks at the shape only': {
    model: graphModule({ conv: nn.Conv2d(3, 4, 1), bn: bn2d(4), shape: opaqueShape() }, (m, x) => {
      const y = m.conv(x)
      return [m.bn(y), m.shape(y)]
    }),
    inputs: [image],
    leaves: 'Conv2d onnx.Op',
  },
  'who looks at the shape only, forward': {
    model: graphModule({ bn: bn2d(3), conv: nn.Conv2d(3, 4, 1), shape: opaqueShape() }, (m, x) => {
      const y = m.bn(x)
      return [m.conv(y), m.shape(y)]
    }),
    inputs: [image],
    leaves: 'Conv2d onnx.Op',
  },
  'global pooling, back': {
    model: Sequential([nn.Conv2d(3, 4, 1), AdaptiveAvgPool2d({ outputSize: 1 }), bn2d(4)]),
    inputs: [image],
    leaves: 'Conv2d AdaptiveAvgPool2d',
  },
  'global pooling, forward': {
    model: Sequential([bn2d(3), AdaptiveAvgPool2d({ outputSize: 1 }), Flatten(), nn.Linear(3, 2)]),
    inputs: [image],
    leaves: 'AdaptiveAvgPool2d Flatten Linear',
  },
  'means of windows, of what is in them': {
    model: Sequential([
      nn.Conv2d(3, 4, 1),
      AvgPool2d({ kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }),
      bn2d(4),
    ]),
    inputs: [image],
    leaves: 'Conv2d AvgPool2d',
  },
  'means of windows, with zeros, by a scale': {
    model: graphModule(
      {
        conv: nn.Conv2d(3, 4, 1),
        pool: AvgPool2d({ kernelSize: 3, padding: 1 }),
        c: constant(4, 1, 1),
        mul: Mul(),
      },
      (m, x) => m.mul(m.pool(m.conv(x)), m.c()),
    ),
    inputs: [image],
    leaves: 'Conv2d AvgPool2d',
  },
  'the largest of windows, where no factor is negative': {
    model: Sequential([nn.Conv2d(3, 4, 1), MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }), bn2d(4)]),
    inputs: [image],
    leaves: 'Conv2d MaxPool2d',
  },
  'the largest of windows, forward': {
    model: Sequential([bn2d(3), MaxPool2d({ kernelSize: 2 }), nn.Conv2d(3, 2, 1)]),
    inputs: [image],
    leaves: 'MaxPool2d Conv2d',
  },
  'an opaque mean of other axes': {
    model: Sequential([
      bn2d(3),
      opaque('ReduceMean', (ops, _, x) => ops.adaptiveAvgPool(x, [1, 1])),
      nn.Conv2d(3, 2, 1),
    ]),
    inputs: [image],
    leaves: 'onnx.Op Conv2d',
  },
}

test.each(Object.entries(passes))('moves past %s', async (_, { model, inputs, leaves }) => {
  const { stated, fused } = fuseAffine(model, inputs)
  expect(kindsOf(fused).join(' ')).toBe(leaves)
  expect(await compareOutputs(stated, fused, { inputs })).toBeUndefined()
})
