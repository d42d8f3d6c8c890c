import { BatchNorm2d, Conv2d, manualSeed, Sequential, train, withAttrs } from '@nnfuse/ir'
import { type Rule, rule } from '@nnfuse/matcher'
import { describe, expect, test } from 'vitest'
import { brokenChecks, lawsIn } from '../test/broken-checks.js'
import { type Arithmetic, foldIntoConv, foldIntoConvTranspose } from '../test/folding.js'
import { arbitraryBatchNorm2d, arbitraryConv2d, chainOf, lawsOf, type PluginCases } from './index.js'

const nn = manualSeed(0)
const convThenNorm = Sequential([nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)])
const transposedThenNorm = Sequential([nn.ConvTranspose2d(4, 2, 2, { groups: 2 }), nn.BatchNorm2d(2)])

const convCases: PluginCases = {
  'conv2d-bn': {
    fuses: [
      {
        model: convThenNorm,
        prints: `
          nn.GraphModule (x) -> (1)
            0: nn.Conv2d(3 -> 4, 3x3) : 1 <- x
        `,
      },
      chainOf(arbitraryConv2d, arbitraryBatchNorm2d),
    ],
    declines: [{ model: train(convThenNorm), reason: 'it is in training mode' }],
  },
}
const transposedCases: PluginCases = { 'conv-transpose2d-bn': { fuses: [transposedThenNorm] } }

test('right rules keep every law', async () => {
  const rules = [foldIntoConv(), foldIntoConvTranspose()]
  expect(await brokenChecks(rules, { ...convCases, ...transposedCases })).toEqual([])
})

test('every law is a check of its own', () => {
  const checks = lawsOf({ name: 'acme', rules: [foldIntoConv()] }, convCases)
  expect(checks.map(({ name }) => name).filter((name) => !name.includes('fuses 2'))).toEqual([
    'the plugin registers',
    'all cases are of rules that there are',
    'conv2d-bn has cases',
    'conv2d-bn fuses 1: applies as often as stated',
    'conv2d-bn fuses 1: gives the printed tree',
    'conv2d-bn fuses 1: computes the same',
    'conv2d-bn fuses 1: leaves alone what others use',
    'conv2d-bn fuses 1: changes no input',
    'conv2d-bn fuses 1: gives the same again',
    'conv2d-bn fuses 1: comes to an end',
    'conv2d-bn fuses 1: keeps other layers',
    'conv2d-bn declines: declines with the reason',
    'conv2d-bn declines: leaves a declined model alone',
    'conv2d-bn on random models: fuses some',
    'conv2d-bn on random models: computes the same',
    'conv2d-bn on random models: leaves alone what others use',
    'conv2d-bn on random models: changes no input',
    'conv2d-bn on random models: gives the same again',
    'conv2d-bn on random models: comes to an end',
    'conv2d-bn on random models: keeps other layers',
  ])
})

describe('wrong arithmetic is caught on random models, and breaks no other law', () => {
  const wrong: Record<string, Partial<Arithmetic>> = {
    'epsilon forgotten': { root: (variance) => 1 / Math.sqrt(variance) },
    'epsilon outside of the root': { root: (variance, eps) => 1 / (Math.sqrt(variance) + eps) },
    'variance taken for the deviation': { root: (variance, eps) => 1 / (variance + eps) },
    'bias dropped': { centred: (_, mean) => -mean },
    'mean not subtracted': { centred: (bias) => bias },
    'mean added': { centred: (bias, mean) => bias + mean },
    'beta dropped': { shifted: (scaled) => scaled },
  }
  const law = 'computes the same'

  test.each(Object.entries(wrong))('%s', async (_, arithmetic) => {
    const broken = await brokenChecks([foldIntoConv(arithmetic)], convCases)
    expect(lawsIn(broken)).toEqual([law])
    expect(broken.map(({ name }) => name)).toContain(`conv2d-bn on random models: ${law}`)
    expect(broken[0]?.message).toMatch(`rule "conv2d-bn" breaks the law "${law}": output 0 differs by`)
  })

  test('gamma and beta swapped', async () => {
    const right = foldIntoConv()
    const swapped = rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv, bn, cx) => {
      const { weight, bias } = bn.attrs
      return right.rewrite({ ...cx, modules: [conv, withAttrs(bn, { weight: bias, bias: weight })] })
    })
    expect(lawsIn(await brokenChecks([{ ...swapped, guards: right.guards }], convCases))).toEqual([law])
  })

  test.each<[string, Rule]>([
    ['the first axis of a transposed convolution scaled', foldIntoConvTranspose({ channelOf: (i) => i })],
    ['its groups forgotten', foldIntoConvTranspose({ channelOf: (_, j) => j })],
  ])('%s', async (_, wrongRule) => {
    expect(lawsIn(await brokenChecks([wrongRule], transposedCases))).toEqual([law])
  })
})
