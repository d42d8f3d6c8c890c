import {
  Add,
  Cat,
  Div,
  Flatten,
  graphModule,
  Mul,
  Pad,
  ReLU,
  Reshape,
  Sequential,
  Squeeze,
  Sub,
  Transpose,
  Unsqueeze,
} from '@nnfuse/ir'
import { compareOutputs } from '@nnfuse/testing'
import { expect, test } from 'vitest'
import { bn1d, bn2d, type Case, constant, fuseAffine, image, kindsOf, nn } from '../test/affine-case.js'

const folds: Record<string, Case> = {
  'batch-norm behind a reshape that keeps the channels': {
    model: Sequential([nn.Conv2d(3, 4, 1), Reshape({ shape: ['copy', 4, -1] }), bn1d(4)]),
    inputs: [image],
    leaves: 'Conv2d Reshape',
  },
  'batch-norm over rows behind a linear layer of sequences': {
    model: Sequential([
      nn.Linear(3, 4),
      Flatten({ startAxis: 0, endAxis: 1 }),
      bn1d(4),
      Reshape({ shape: [2, 5, 4] }),
    ]),
    inputs: [[2, 5, 3]],
    leaves: 'Linear Flatten Reshape',
  },
  'batch-norm behind squeeze': {
    model: Sequential([nn.Conv2d(3, 4, [5, 1]), Squeeze({ axes: [2] }), bn1d(4)]),
    inputs: [image],
    leaves: 'Conv2d Squeeze',
  },
  'batch-norm behind unsqueeze': {
    model: Sequential([nn.Conv1d(3, 4, 1), Unsqueeze({ axes: [-1] }), bn2d(4)]),
    inputs: [[2, 3, 5]],
    leaves: 'Conv1d Unsqueeze',
  },
  'batch-norm over features of a sequence, between transpositions': {
    model: Sequential([
      nn.Linear(3, 4),
      Transpose({ perm: [0, 2, 1] }),
      bn1d(4),
      Transpose({ perm: [0, 2, 1] }),
    ]),
    inputs: [[2, 5, 3]],
    leaves: 'Linear',
  },
  'arithmetic with constants, either operand first': {
    model: graphModule(
      {
        conv: nn.Conv2d(3, 4, 1),
        a: constant(4, 1, 1),
        b: constant(1, 4, 1, 1),
        c: constant(4, 1, 1),
        d: constant(1),
        mul: Mul(),
        add: Add(),
        sub: Sub(),
        minus: Sub(),
        div: Div(),
      },
      (m, x) => m.div(m.minus(m.a(), m.sub(m.add(m.b(), m.mul(m.conv(x), m.c())), m.d())), m.b()),
    ),
    inputs: [image],
    leaves: 'Conv2d',
  },
  'a convolution of channels last': {
    model: graphModule(
      {
        conv: nn.Conv2d(3, 4, 1),
        nhwc: Transpose({ perm: [0, 2, 3, 1] }),
        c: constant(4),
        mul: Mul(),
        d: constant(4),
        add: Add(),
      },
      (m, x) => m.add(m.mul(m.nhwc(m.conv(x)), m.c()), m.d()),
    ),
    inputs: [image],
    leaves: 'Conv2d Transpose',
  },
  'split over concatenated convolutions': {
    model: graphModule(
      { a: nn.Conv2d(3, 2, 1), b: nn.Conv2d(3, 3, 1, { bias: false }), cat: Cat(), bn: bn2d(5) },
      (m, x) => m.bn(m.cat(m.a(x), m.b(x))),
    ),
    inputs: [image],
    leaves: 'Conv2d Conv2d Cat',
  },
  'the whole to all that is concatenated along another axis': {
    model: graphModule(
      { a: nn.Conv2d(3, 2, 1), b: nn.Conv2d(3, 2, 1), cat: Cat({ axis: -1 }), bn: bn2d(2) },
      (m, x) => m.bn(m.cat(m.a(x), m.b(x))),
    ),
    inputs: [image],
    leaves: 'Conv2d Conv2d Cat',
  },
  'over a sum: the scale to both, the shift to one': {
    model: graphModule({ a: nn.Conv2d(3, 4, 1), b: nn.Conv2d(3, 4, 1), add: Add(), bn: bn2d(4) }, (m, x) =>
      m.bn(m.add(m.a(x), m.b(x))),
    ),
    inputs: [image],
    leaves: 'Conv2d Conv2d Add',
  },
  'into a grouped transposed convolution': {
    model: graphModule(
      {
        conv: nn.ConvTranspose2d(4, 6, 2, { groups: 2 }),
        c: constant(6, 1, 1),
        mul: Mul(),
        d: constant(6, 1, 1),
        add: Add(),
      },
      (m, x) => m.add(m.mul(m.conv(x), m.c()), m.d()),
    ),
    inputs: [[2, 4, 3, 3]],
    leaves: 'ConvTranspose2d',
  },
  'a batch-norm into the one before it': {
    model: Sequential([ReLU(), bn2d(3), bn2d(3)]),
    inputs: [image],
    leaves: 'ReLU BatchNorm2d',
  },
  'forward into a convolution without padding': {
    model: Sequential([bn2d(4), nn.Conv2d(4, 6, 3, { groups: 2 })]),
    inputs: [[2, 4, 5, 5]],
    leaves: 'Conv2d',
  },
  'forward into a linear layer, past a flattening': {
    model: Sequential([
      ReLU(),
      bn2d(3),
      Reshape({ shape: [2, 3, -1] }),
      Transpose({ perm: [0, 2, 1] }),
      nn.Linear(3, 4),
    ]),
    inputs: [image],
    leaves: 'ReLU Reshape Transpose Linear',
  },
  'forward into all that use it': {
    model: graphModule(
      { bn: bn2d(3), a: nn.Conv2d(3, 2, 1), b: nn.Conv2d(3, 4, 1, { bias: false }) },
      (m, x) => {
        const y = m.bn(x)
        return [m.a(y), m.b(y)]
      },
    ),
    inputs: [image],
    leaves: 'Conv2d Conv2d',
  },
  'a scale alone forward into one that pads': {
    model: graphModule(
      { c: constant(3, 1, 1), mul: Mul(), conv: nn.Conv2d(3, 4, 3, { padding: 1 }) },
      (m, x) => m.conv(m.mul(m.c(), x)),
    ),
    inputs: [image],
    leaves: 'Conv2d',
  },
  'a scale alone forward into a transposed convolution': {
    model: graphModule({ c: constant(3, 1, 1), mul: Mul(), conv: nn.ConvTranspose2d(3, 4, 3) }, (m, x) =>
      m.conv(m.mul(m.c(), x)),
    ),
    inputs: [image],
    leaves: 'ConvTranspose2d',
  },
  'one number through anything that moves elements': {
    model: graphModule(
      { conv: nn.Conv2d(3, 4, 1), flat: Flatten({ startAxis: 0 }), c: constant(1), mul: Mul() },
      (m, x) => m.mul(m.flat(m.conv(x)), m.c()),
    ),
    inputs: [image],
    leaves: 'Conv2d Flatten',
  },
  'zeros around a convolution': {
    model: Sequential([
      Pad({
        pads: [
          [0, 0],
          [0, 0],
          [1, 2],
          [0, 1],
        ],
      }),
      nn.Conv2d(3, 4, 3, { padding: 1 }),
    ]),
    inputs: [image],
    leaves: 'Conv2d',
  },
  'a batch-norm back and another forward': {
    model: Sequential([nn.Conv2d(3, 4, 1), bn2d(4), ReLU(), bn2d(4), nn.Conv2d(4, 2, 1)]),
    inputs: [image],
    leaves: 'Conv2d ReLU Conv2d',
  },
}

test.each(Object.entries(folds))('takes up %s', async (_, { model, inputs, leaves }) => {
  const { stated, fused, report } = fuseAffine(model, inputs)
  expect(kindsOf(fused).join(' ')).toBe(leaves)
  expect(report.applied.length).toBeGreaterThan(0)
  expect(await compareOutputs(stated, fused, { inputs })).toBeUndefined()
})
