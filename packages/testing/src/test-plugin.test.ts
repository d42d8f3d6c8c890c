import { floatTensor, type Kind, kind, manualSeed, ReLU, Sequential, type Tensor } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { describe, expect, test } from 'vitest'
import { brokenChecks } from '../test/broken-checks.js'
import { foldIntoConv } from '../test/folding.js'
import { arbitraryTensor, lawsOf, layerGenerator, shapesWithAxes, testPlugin } from './index.js'

const nn = manualSeed(0)
const plugin = { name: 'acme', rules: [foldIntoConv()] }
const cases = { 'conv2d-bn': { fuses: [Sequential([nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)])] } }

describe('a plugin tested as its author would', () => {
  testPlugin(plugin, cases, { test, runs: 2 })
})

test('each law is registered with the function that is given', async () => {
  const registered: [string, () => Promise<void>][] = []
  testPlugin(plugin, cases, { test: (name, run) => registered.push([name, run]), runs: 1 })
  expect(registered.map(([name]) => name)).toEqual(lawsOf(plugin, cases, { runs: 1 }).map(({ name }) => name))
  for (const [, run] of registered) expect(await run()).toBeUndefined()
})

test('without a function it takes the global one, and says what to do where there is none', () => {
  expect(() => testPlugin(plugin, cases)).toThrow('there is no function that registers a test')
  const names: string[] = []
  const runner = globalThis as { test?: unknown }
  runner.test = (name: string) => names.push(name)
  testPlugin(plugin, cases)
  delete runner.test
  expect(names.length).toBe(lawsOf(plugin, cases).length)
})

describe('a kind that the kit does not know', () => {
  const Scale: Kind<'acme.Scale', { readonly factor: Tensor }, [given: { factor: Tensor }]> = kind(
    'acme.Scale',
    {
      create: ({ factor }) => ({ attrs: { factor } }),
      forward: (ops, { attrs }, x) => ops.mul(x, ops.constant(attrs.factor)),
      parameters: { factor: 'factor' },
    },
  )
  const arbitraryScale = layerGenerator(shapesWithAxes(1), ([, channels = 1]) =>
    arbitraryTensor([channels, 1], { min: -2, max: 2 }).map((factor) => Scale({ factor })),
  )
  const forgetsScale = rule('scale-relu', [Scale, ReLU], (_, relu) => relu)
  const model = Sequential([Scale({ factor: floatTensor([1], [1, 1]) }), ReLU()])
  const scaleCases = { 'scale-relu': { fuses: [{ model, inputs: [[2, 1, 3]] }] } }

  test('is left to the cases', async () => {
    expect(await brokenChecks([forgetsScale], scaleCases)).toEqual([])
  })

  test('is generated as its author says', async () => {
    const broken = await brokenChecks([forgetsScale], scaleCases, {
      generators: { 'acme.Scale': arbitraryScale },
    })
    expect(broken.map(({ name }) => name)).toEqual(['scale-relu on random models: computes the same'])
    expect(broken[0]?.message).toMatch(
      'const model = Sequential([\n    layerOf(Scale, { factor: floatTensor([0], [1, 1]) }),',
    )
  })
})
