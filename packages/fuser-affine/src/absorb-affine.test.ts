import { convBn } from '@nnfuse/fuser-conv-bn'
import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  Add,
  type AnyKind,
  type AnyModule,
  AvgPool2d,
  Cat,
  Constant,
  Div,
  Flatten,
  floatTensor,
  type GraphModuleOf,
  graphModule,
  hook,
  kind,
  Mul,
  manualSeed,
  Pad,
  ReLU,
  Reshape,
  Sequential,
  Squeeze,
  Sub,
  stateInputs,
  type Tensor,
  Transpose,
  train,
  Unsqueeze,
  withAttrs,
  withHooks,
} from '@nnfuse/ir'
import { createPassManager, type Plugin } from '@nnfuse/pass-manager'
import { compareOutputs, type Shape } from '@nnfuse/testing'
import { describe, expect, test } from 'vitest'
import { affine } from './index.js'

const nn = manualSeed(0)

/** Numbers that are no special case: never 0, never 1, different for each place. */
const numbers = (...shape: number[]): Tensor => {
  const count = shape.reduce((product, size) => product * size, 1)
  return floatTensor(
    Float32Array.from({ length: count }, (_, i) => 0.5 + ((i * 7 + count) % 5) * 0.3),
    shape,
  )
}
const constant = (...shape: number[]) => Constant(numbers(...shape))

/** Statistics as training leaves them. */
const trained = <M extends ReturnType<typeof nn.BatchNorm2d> | ReturnType<typeof nn.BatchNorm1d>>(
  bn: M,
): M => {
  const size = bn.attrs.numFeatures
  return withAttrs(
    bn as AnyModule,
    {
      weight: numbers(size),
      bias: numbers(size),
      runningMean: numbers(size),
      runningVar: numbers(size),
    } as never,
  ) as M
}
const bn1d = (size: number) => trained(nn.BatchNorm1d(size))
const bn2d = (size: number) => trained(nn.BatchNorm2d(size))

const fuseAffine = (model: AnyModule, shapes: readonly Shape[]) => {
  const stated = stateInputs(
    model,
    shapes.map((shape) => ({ dtype: 'float32', shape })),
  )
  const { model: fused, report } = createPassManager({ plugins: [affine()] }).run(stated)
  return { stated, fused: fused as GraphModuleOf, report }
}

const kindsOf = ({ attrs, children }: GraphModuleOf): string[] =>
  attrs.calls.map(({ target }) => (children.get(target) as AnyModule).kind.replace('nn.', ''))

interface Case {
  readonly model: AnyModule
  readonly inputs: readonly Shape[]
  /** Kinds of the calls that are left. */
  readonly leaves: string
}

const image: Shape = [2, 3, 5, 4]

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

interface Left extends Case {
  readonly reason: string
}

/** As a reader of files leaves it: what it is told comes as a value, and nothing but its name says what it does. */
const opaque = (name: string, forward: NonNullable<AnyKind['definition']['forward']>) =>
  kind('onnx.Op', { create: () => ({ attrs: {} }), forward, describe: () => name })()
const opaqueReshape = (...shape: number[]) => opaque('Reshape', (ops, _, x) => ops.reshape(x, shape))
/** Nothing that depends on the numbers. */
const opaqueShape = () => opaque('Shape', (ops, _, x) => ops.sub(x, x))

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

describe('what the engine asks of rules holds here, too', () => {
  test('nothing is taken up in training mode', () => {
    const model = train(Sequential([nn.Conv2d(3, 4, 1), Reshape({ shape: ['copy', 4, -1] }), bn1d(4)]))
    expect(fuseAffine(model, [image]).report.applied).toEqual([])
  })

  test('hooks never see other values', () => {
    const watched = { forwardPre: [], forward: [hook(() => undefined)] }
    const layers = [nn.Conv2d(3, 4, 1), Reshape({ shape: ['copy', 4, -1] }), bn1d(4)]
    for (const i of layers.keys()) {
      const model = Sequential(
        layers.map((layer, at) => (at === i ? withHooks(layer as AnyModule, watched) : layer)),
      )
      const { report } = fuseAffine(model, [image])
      expect(report.applied).toEqual([])
      expect(report.declined[0]?.reason).toMatch('its hooks would see other values')
    }
  })

  test('unknown shapes prove nothing', () => {
    const model = Sequential({
      linear: nn.Linear(3, 4),
      flat: Flatten({ startAxis: 0, endAxis: 1 }),
      bn: bn1d(4),
    })
    const { report } = createPassManager({ plugins: [affine()] }).run(model)
    expect(report.applied).toEqual([])
  })

  test('symbols do, where sizes are not known', () => {
    const model = Sequential({
      linear: nn.Linear(3, 4),
      flat: Flatten({ startAxis: 0, endAxis: 1 }),
      bn: bn1d(4),
    })
    const stated = stateInputs(model, [{ dtype: 'float32', shape: ['batch', null, 3] }])
    const { report } = createPassManager({ plugins: [affine()] }).run(stated)
    expect(report.applied.map(({ rule, paths }) => [rule, ...paths])).toEqual([
      ['affine-back', 'linear', 'bn'],
    ])
  })

  test('a batch-norm that others call stays for them', async () => {
    const model = graphModule(
      { conv: nn.Conv2d(3, 4, 1), r: Reshape({ shape: ['copy', 4, -1] }), bn: bn1d(4) },
      (m, x, y) => [m.bn(m.r(m.conv(x))), m.bn(y)],
    )
    const inputs = [image, [2, 4, 3]]
    const { stated, fused } = fuseAffine(model, inputs)
    expect(kindsOf(fused)).toEqual(['Conv2d', 'Reshape', 'BatchNorm1d'])
    expect(await compareOutputs(stated, fused, { inputs })).toBeUndefined()
  })

  test('a constant that others use stays for them', async () => {
    const model = graphModule(
      { conv: nn.Conv2d(3, 4, 1), c: constant(4, 1, 1), mul: Mul(), other: Mul() },
      (m, x, y) => {
        const c = m.c()
        return [m.mul(m.conv(x), c), m.other(y, c)]
      },
    )
    const inputs = [image, [2, 4, 3, 3]]
    const { stated, fused } = fuseAffine(model, inputs)
    expect(kindsOf(fused)).toEqual(['Constant', 'Conv2d', 'Mul'])
    expect(await compareOutputs(stated, fused, { inputs })).toBeUndefined()
  })

  test('what a rule folds next to each other is left to the rule', () => {
    const model = Sequential({ conv: nn.Conv2d(3, 4, 1), bn: bn2d(4) })
    const applied = (...plugins: Plugin[]) =>
      createPassManager({ plugins })
        .run(model)
        .report.applied.map(({ rule }) => rule)
    expect(applied(affine())).toEqual(['affine-back'])
    expect(applied(affine(), convBn())).toEqual(['conv2d-bn'])
  })
})
