import {
  Add,
  Dropout,
  Flatten,
  graphModule,
  hook,
  Identity,
  inference,
  Model,
  manualSeed,
  print,
  ReLU,
  Sequential,
  withHooks,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { explain, explainer } from './explain.js'
import { fuse } from './fuse.js'

const nn = manualSeed(0)

const network = () =>
  graphModule(
    {
      pixels: nn.BatchNorm2d(3),
      stem: Sequential({
        conv: nn.Conv2d(3, 8, 3, { padding: 1 }),
        bn: nn.BatchNorm2d(8),
        relu: ReLU(),
        id: Identity(),
      }),
      conv: nn.Conv2d(8, 8, 1),
      bn: nn.BatchNorm2d(8),
      act: ReLU(),
      sum: Add(),
      flat: Flatten(),
    },
    (m, x) => {
      const y = m.conv(m.stem(m.pixels(x)))
      return m.flat(m.sum(m.act(m.bn(y)), y))
    },
  )

test('a layer that is fused away: by which rule, with what, into what', () => {
  expect(explain(network(), 'stem.bn')).toEqual({
    path: 'stem.bn',
    kind: 'nn.BatchNorm2d',
    outcome: 'fused',
    takenBy: [
      {
        rule: 'conv2d-bn-relu',
        paths: ['stem.conv', 'stem.bn', 'stem.relu'],
        path: 'stem.conv',
        into: 'nni.ConvReLU2d',
        exactness: 'bits',
      },
    ],
    near: [],
  })
})

test('a layer that several rounds have taken is traced through them', () => {
  const model = Sequential({ conv: nn.Conv2d(3, 8, 3), a: nn.BatchNorm2d(8), b: nn.BatchNorm2d(8) })
  expect(explain(model, 'b').takenBy).toHaveLength(1)
  expect(explain(model, 'conv').takenBy.map(({ paths }) => paths)).toEqual([
    ['conv', 'a'],
    ['conv', 'b'],
  ])
})

test('a layer that is kept: which rules came near, and why they stopped', () => {
  const { outcome, near } = explain(network(), 'pixels')
  expect(outcome).toBe('kept')
  expect(near.map(({ rule, reason }) => [rule, reason])).toEqual(
    expect.arrayContaining([
      ['affine-back', 'it comes from "x", an input of the model'],
      ['affine-forward', 'stem.conv (nni.ConvReLU2d): it pads with zeros, where nothing would be added'],
    ]),
  )
  expect(near).toContainEqual({
    rule: 'conv2d-bn',
    matched: 1,
    slots: 2,
    stoppedAt: 'nn.Conv2d',
    reason: 'its input "x" is an input of the model, not the output of nn.Conv2d',
    paths: ['pixels'],
  })
})

test('a layer that one rule has taken tells why another, which would have removed it, has not', () => {
  const { outcome, takenBy, near } = explain(network(), 'bn')
  expect([outcome, takenBy.map(({ rule }) => rule)]).toEqual(['fused', ['bn2d-relu']])
  expect(near.map(({ rule, reason }) => [rule, reason])).toEqual([
    ['affine-back', 'the output of conv is also used by sum'],
    ['affine-forward', 'nothing is moved past act (nn.ReLU)'],
    ['conv2d-bn-relu', 'the output of conv is also used by sum'],
    ['conv2d-bn', 'the output of conv is also used by sum'],
  ])
})

test('what does nothing is dropped, and what no rule looks for is kept', () => {
  const model = inference(Sequential({ drop: Dropout(), flat: Flatten() }))
  expect(explain(model, 'drop')).toMatchObject({ outcome: 'dropped', takenBy: [], near: [] })
  expect(explain(model, 'flat')).toMatchObject({ outcome: 'kept', takenBy: [], near: [] })
})

test('what the reader of a file left opaque says what the reader said', () => {
  const note = { path: 'flat', what: 'BatchNormalization', reason: 'exported in training mode' }
  expect(explain(new Model(network(), { notes: [note] }), 'flat')).toMatchObject({
    kind: 'BatchNormalization',
    outcome: 'opaque',
    note: 'exported in training mode',
  })
})

describe('a path that is no layer', () => {
  const failure = (path: string) => {
    try {
      return explain(network(), path)
    } catch (error) {
      return error
    }
  }

  test('is named, with how far it leads and what there is', () => {
    expect(failure('stem.bn1')).toMatchObject({
      code: 'NO_SUCH_PATH',
      hint: '"stem" has the children "conv", "bn", "relu", "id".',
    })
  })

  test('may be a container', () => {
    expect(failure('stem')).toMatchObject({
      code: 'NOT_A_LAYER',
      hint: 'It holds "conv", "bn", "relu", "id".',
    })
  })
})

test('layers of a container that hooks keep whole are explained with their full paths', () => {
  const block = Sequential({
    relu: ReLU(),
    bn: nn.BatchNorm2d(3),
    conv: nn.Conv2d(3, 3, 3, { padding: 1 }),
    act: ReLU(),
  })
  const hooked = withHooks(block, { forwardPre: [], forward: [hook(() => undefined)] })
  const model = Sequential({ conv: nn.Conv2d(3, 3, 1), block: hooked })
  expect(explain(model, 'block.act').takenBy[0]?.paths).toEqual(['block.conv', 'block.act'])
  const { near } = explain(model, 'block.bn')
  expect(near).toContainEqual(expect.objectContaining({ paths: ['block.bn'], stoppedAt: 'nn.Conv2d' }))
  expect(fuse(model).report.left).toMatchObject([{ path: 'block.bn' }])
})

test('the report lists what the explanations say, and nothing is changed', () => {
  const model = new Model(network())
  const before = print(model.root)
  const why = explainer(model)
  const { report } = fuse(model)
  expect(report.left.map(({ path }) => path)).toEqual(['pixels', 'bn'])
  for (const { path, reasons } of report.left) {
    // The report says once what several rules want there: "nn.Conv2d or nn.ConvTranspose2d".
    expect(reasons.some((reason) => reason.startsWith(why(path).near[0]?.reason ?? '?'))).toBe(true)
  }
  for (const { rule, paths, reason } of report.declined) {
    for (const path of paths.filter((name) => why(name).outcome === 'kept' || name === 'bn'))
      expect(why(path).near).toContainEqual(expect.objectContaining({ rule, paths, reason }))
  }
  expect(print(model.root)).toBe(before)
})
