import {
  Add,
  type AnyModule,
  BatchNorm2d,
  Dropout,
  GELU,
  graphModule,
  inference,
  LeakyReLU,
  Model,
  manualSeed,
  print,
  ReLU,
  registerForwardPreHook,
  Sequential,
  train,
} from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { definePlugin, printPipeline } from '@nnfuse/pass-manager'
import { describe, expect, test } from 'vitest'
import { explain } from './explain.js'
import { fuse } from './fuse.js'
import { type Preset, presets } from './presets.js'

const nn = manualSeed(0)

const inputs = [{ dtype: 'float32', shape: [2, 3] }] as const
const applied = (model: AnyModule, preset: Preset) =>
  fuse(model, { ...preset, inputs }).report.applied.map((taken) => taken.rule)

const block = () =>
  graphModule({ conv: nn.Conv2d(3, 3, 1), bn: nn.BatchNorm2d(3), add: Add(), relu: ReLU() }, (m, x) =>
    m.relu(m.add(x, m.bn(m.conv(x)))),
  )

describe('which rules a preset has', () => {
  test.each(Object.entries(presets))('%s', (_, preset) => {
    const { plugins } = preset()
    const rules = plugins.flatMap(({ name, rules = [] }) => rules.map((known) => `${known.name} of ${name}`))
    expect(rules.join('\n')).toMatchSnapshot()
  })

  test('a rule for many activations is one for those of the table', () => {
    const linear = (activation: AnyModule) => Sequential([nn.Linear(3, 3), activation])
    const normed = (activation: AnyModule) => Sequential([nn.Linear(3, 3), nn.BatchNorm1d(3), activation])
    expect(applied(linear(LeakyReLU()), presets.onednn())).toEqual(['linear-activation'])
    expect(applied(linear(GELU()), presets.onednn())).toEqual([])
    expect(applied(linear(LeakyReLU()), presets.native())).toEqual([])
    expect(applied(normed(LeakyReLU()), presets.onednn())).toEqual(['linear-bn-activation'])
    expect(applied(normed(GELU()), presets.onednn())).toEqual(['linear-bn'])
  })
})

describe('how a preset fuses', () => {
  const chain = Sequential([nn.Linear(3, 3), nn.BatchNorm1d(3), ReLU()])

  test('in one round, and drops nothing', () => {
    expect(printPipeline(presets.native().pipeline)).toBe('pipeline(flatten,fuse)')
    expect(applied(chain, presets.native())).toEqual(['linear-bn'])
    const apart = inference(Sequential([nn.Conv2d(3, 3, 1), Dropout(), ReLU()]))
    expect(applied(apart, presets.native())).toEqual([])
  })

  test('the plugins alone go on until nothing changes', () => {
    const { report } = fuse(chain, { plugins: presets.native().plugins, inputs })
    expect(report.applied.map((taken) => taken.rule)).toEqual(['linear-bn', 'linear-relu'])
  })

  test('a plugin of one’s own may stand beside those of a preset', () => {
    const ours = definePlugin({
      name: '@acme/bn-dropout',
      rules: [rule('bn2d-dropout', [BatchNorm2d, Dropout], (bn) => bn)],
    })
    const { plugins, pipeline } = presets.executorch()
    const model = inference(Sequential([nn.BatchNorm2d(3), Dropout(), nn.Conv2d(3, 3, 1), ReLU()]))
    expect(applied(model, { plugins: [...plugins, ours], pipeline })).toEqual(['conv2d-relu', 'bn2d-dropout'])
  })

  test('explain tells what it does', () => {
    expect(explain(block(), 'bn', presets.onednn()).takenBy[0]?.rule).toBe('conv2d-bn-add-relu')
    expect(explain(block(), 'bn', presets.native()).takenBy[0]?.rule).toBe('conv2d-bn')
  })
})

describe('what stays', () => {
  test('a model in training mode keeps its batch-norms, with the reason; sums are held together', () => {
    const { report } = fuse(train(block()), presets.onednn())
    expect(report.applied).toEqual([])
    expect(report.left).toMatchObject([{ path: 'bn', reasons: [/conv is in training mode/] }])
    const sum = graphModule({ conv: nn.Conv2d(3, 3, 1), add: Add() }, (m, x) => m.add(m.conv(x), x))
    expect(print(fuse(train(sum), presets.onednn()).model.root)).toMatchInlineSnapshot(`
      "nn.GraphModule [training] (x) -> (add)
        conv: nni.ConvAdd2d [training] : add <- x, x
          0: nn.Conv2d(3 -> 3, 1x1) [training]"
    `)
  })

  test('a batch-norm with a hook before it, which folding would lose', () => {
    const model = new Model(block())
    registerForwardPreHook(model, 'bn', () => undefined)
    const { report } = fuse(model, presets.onednn())
    expect(report.applied).toEqual([])
    expect(report.declined.map(({ reason }) => reason)).toContain('a hook on bn would be lost')
  })
})
