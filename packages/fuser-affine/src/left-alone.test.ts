import {
  AdaptiveAvgPool1d,
  Add,
  AvgPool2d,
  Div,
  floatTensor,
  graphModule,
  MaxPool1d,
  MaxPool2d,
  Mul,
  ReLU,
  Reshape,
  Sequential,
  sliceTensor,
  Transpose,
  withAttrs,
} from '@nnfuse/ir'
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
  opaqueReshape,
} from '../test/affine-case.js'

interface Left extends Case {
  readonly reason: string
}

/** Numbers that nobody has read yet. */
const inFile = (size: number) =>
  sliceTensor('float32', [size], { name: 'weights', size: 4 * size, read: async () => new Uint8Array() }, 0)

/** As a reader of files leaves it: what it is told comes as a value, and nothing but its name says what it does. */
const stays: Record<string, Left> = {
  'a vector that goes along the last axis, although the sizes agree': {
    model: graphModule({ conv: nn.Conv2d(3, 4, 1), c: constant(4), add: Add() }, (m, x) =>
      m.add(m.conv(x), m.c()),
    ),
    inputs: [image],
    leaves: 'Conv2d Constant Add',
    reason: 'conv (nn.Conv2d): its channels are axis 1, not axis 3',
  },
  'a constant that goes along the height': {
    model: graphModule({ conv: nn.Conv2d(3, 5, 1), c: constant(1, 1, 5, 1), mul: Mul() }, (m, x) =>
      m.mul(m.conv(x), m.c()),
    ),
    inputs: [image],
    leaves: 'Conv2d Constant Mul',
    reason: 'conv (nn.Conv2d): its channels are axis 1, not axis 2',
  },
  'a constant that makes the value larger': {
    model: graphModule({ conv: nn.Conv2d(3, 1, 1), c: constant(4, 1, 1), add: Add() }, (m, x) =>
      m.add(m.conv(x), m.c()),
    ),
    inputs: [image],
    leaves: 'Conv2d Constant Add',
    reason: 'add (nn.Add): its constant has 4 numbers along axis 1, its input 1',
  },
  'a constant for every element': {
    model: graphModule({ conv: nn.Conv2d(3, 4, 1), c: constant(1, 4, 5, 4), add: Add() }, (m, x) =>
      m.add(m.conv(x), m.c()),
    ),
    inputs: [image],
    leaves: 'Conv2d Constant Add',
    reason: 'add (nn.Add): its constant varies along 3 axes',
  },
  'a division of a constant': {
    model: graphModule({ conv: nn.Conv2d(3, 4, 1), c: constant(4, 1, 1), div: Div() }, (m, x) =>
      m.div(m.c(), m.conv(x)),
    ),
    inputs: [image],
    leaves: 'Constant Conv2d Div',
    reason: '',
  },
  'batch-norm over the steps of a sequence, although the sizes agree': {
    model: Sequential({ linear: nn.Linear(3, 5), bn: bn1d(5) }),
    inputs: [[2, 5, 3]],
    leaves: 'Linear BatchNorm1d',
    reason: 'linear (nn.Linear): its channels are axis 2, not axis 1',
  },
  'batch-norm behind a transposition that moves the channels away': {
    model: Sequential({ linear: nn.Linear(3, 4), t: Transpose({ perm: [1, 0] }), bn: bn1d(4) }),
    inputs: [[4, 3]],
    leaves: 'Linear Transpose BatchNorm1d',
    reason: 'linear (nn.Linear): its channels are axis 1, not axis 0',
  },
  'batch-norm behind a reshape that mixes the channels': {
    model: Sequential({ linear: nn.Linear(3, 4), r: Reshape({ shape: [2, 4, 3] }), bn: bn1d(4) }),
    inputs: [[6, 3]],
    leaves: 'Linear Reshape BatchNorm1d',
    reason: 'r (nn.Reshape): it is not certain that its axis 1 is one axis of its input',
  },
  'batch-norm behind an activation': {
    model: Sequential({ conv: nn.Conv2d(3, 4, 1), relu: ReLU(), bn: bn2d(4) }),
    inputs: [image],
    leaves: 'Conv2d ReLU BatchNorm2d',
    reason: 'nothing is moved past relu (nn.ReLU)',
  },
  'batch-norm before a convolution that pads with zeros': {
    model: Sequential({ bn: bn2d(3), conv: nn.Conv2d(3, 4, 3, { padding: 1 }) }),
    inputs: [image],
    leaves: 'BatchNorm2d Conv2d',
    reason: 'conv (nn.Conv2d): it pads with zeros, where nothing would be added',
  },
  'batch-norm before a transposed convolution': {
    model: Sequential({ bn: bn2d(3), conv: nn.ConvTranspose2d(3, 4, 3) }),
    inputs: [image],
    leaves: 'BatchNorm2d ConvTranspose2d',
    reason: 'conv (nn.ConvTranspose2d): its border gets fewer products than the rest',
  },
  'a convolution that others use': {
    model: graphModule({ conv: nn.Conv2d(3, 4, 1), bn: bn2d(4), relu: ReLU() }, (m, x) => {
      const y = m.conv(x)
      return [m.bn(y), m.relu(y)]
    }),
    inputs: [image],
    leaves: 'Conv2d BatchNorm2d ReLU',
    reason: 'the output of conv is also used by relu',
  },
  'a convolution that is an output': {
    model: graphModule({ conv: nn.Conv2d(3, 4, 1), bn: bn2d(4) }, (m, x) => {
      const y = m.conv(x)
      return [m.bn(y), y]
    }),
    inputs: [image],
    leaves: 'Conv2d BatchNorm2d',
    reason: 'the output of conv is also an output of the model',
  },
  'a convolution that is called elsewhere as well': {
    model: graphModule({ conv: nn.Conv2d(3, 4, 1), bn: bn2d(4) }, (m, x) => [m.bn(m.conv(x)), m.conv(x)]),
    inputs: [image],
    leaves: 'Conv2d BatchNorm2d Conv2d',
    reason: 'conv (nn.Conv2d): it is called from 2 places',
  },
  'a sum of one value with itself': {
    model: graphModule({ conv: nn.Conv2d(3, 4, 1), add: Add(), bn: bn2d(4) }, (m, x) => {
      const y = m.conv(x)
      return m.bn(m.add(y, y))
    }),
    inputs: [image],
    leaves: 'Conv2d Add BatchNorm2d',
    reason: 'the output of conv is used twice by add',
  },
  'a sum that stretches an operand along the channels': {
    model: graphModule({ a: nn.Conv2d(3, 4, 1), b: nn.Conv2d(3, 1, 1), add: Add(), bn: bn2d(4) }, (m, x) =>
      m.bn(m.add(m.a(x), m.b(x))),
    ),
    inputs: [image],
    leaves: 'Conv2d Conv2d Add BatchNorm2d',
    reason: 'add (nn.Add): it is not certain that what it adds has 4 places along axis 1',
  },
  'a batch-norm behind a mean with zeros': {
    model: Sequential({
      conv: nn.Conv2d(3, 4, 1),
      pool: AvgPool2d({ kernelSize: 3, padding: 1 }),
      bn: bn2d(4),
    }),
    inputs: [image],
    leaves: 'Conv2d AvgPool2d BatchNorm2d',
    reason: 'pool (nn.AvgPool2d): it counts zeros around its input',
  },
  'a batch-norm with a negative factor behind the largest of windows': {
    model: Sequential({
      conv: nn.Conv2d(3, 4, 1),
      pool: MaxPool2d({ kernelSize: 3 }),
      bn: withAttrs(bn2d(4), { weight: floatTensor([1, 2, -0.5, 1], [4]) }),
    }),
    inputs: [image],
    leaves: 'Conv2d MaxPool2d BatchNorm2d',
    reason: 'pool (nn.MaxPool2d): multiplied by a negative number, the largest would be the smallest',
  },
  'a batch-norm behind the largest of windows, whose factors lie in a file': {
    model: Sequential({
      conv: nn.Conv2d(3, 4, 1),
      pool: MaxPool2d({ kernelSize: 3 }),
      bn: withAttrs(bn2d(4), { weight: inFile(4) }),
    }),
    inputs: [image],
    leaves: 'Conv2d MaxPool2d BatchNorm2d',
    reason: 'pool (nn.MaxPool2d): whether it is multiplied by negative numbers is not at hand',
  },
  'a factor behind the largest of its axis': {
    model: Sequential({
      linear: nn.Linear(4, 4),
      pool: MaxPool1d({ kernelSize: 1 }),
      mul: graphModule({ c: constant(4), mul: Mul() }, (m, x) => m.mul(x, m.c())),
    }),
    inputs: [[2, 3, 4]],
    leaves: 'Linear MaxPool1d Constant Mul',
    reason: 'pool (nn.MaxPool1d): it is not certain that no maximum is taken along axis 2',
  },
  'a factor behind a mean over its axis': {
    model: Sequential({
      linear: nn.Linear(4, 4),
      pool: AdaptiveAvgPool1d({ outputSize: 4 }),
      mul: graphModule({ c: constant(4), mul: Mul() }, (m, x) => m.mul(x, m.c())),
    }),
    inputs: [[2, 3, 4]],
    leaves: 'Linear AdaptiveAvgPool1d Constant Mul',
    reason: 'pool (nn.AdaptiveAvgPool1d): it is not certain that axis 2 is not averaged over',
  },
  'a batch-norm behind a computed reshape that may split the channels': {
    model: Sequential({ linear: nn.Linear(3, 4), split: opaqueReshape(4, 2, 2), bn: bn1d(2) }),
    inputs: [[4, 3]],
    leaves: 'Linear onnx.Op BatchNorm1d',
    reason: 'split (onnx.Op): it is not certain that its axis 1 is one axis of its input',
  },
  'a batch-norm that keeps no statistics': {
    model: Sequential({ conv: nn.Conv2d(3, 4, 1), bn: nn.BatchNorm2d(4, { trackRunningStats: false }) }),
    inputs: [image],
    leaves: 'Conv2d BatchNorm2d',
    reason: "bn (nn.BatchNorm2d): it normalizes by each batch's own statistics",
  },
}

test.each(Object.entries(stays))('leaves %s', (_, { model, inputs, leaves, reason }) => {
  const { stated, fused, report } = fuseAffine(model, inputs)
  expect(kindsOf(fused).join(' ')).toBe(leaves)
  expect(fused).toBe(stated)
  const reasons = report.declined.map((decline) => decline.reason)
  if (reason === '') expect(reasons).toEqual([])
  else expect(reasons).toContain(reason)
})
