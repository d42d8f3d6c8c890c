import { manualSeed, Sequential } from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { brokenChecks } from '../test/broken-checks.js'
import { foldIntoConv } from '../test/folding.js'

const nn = manualSeed(0)
const cases = { 'conv2d-bn': { fuses: [Sequential([nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)])] } }

test('a broken law is told with the law, the rule, the differences and the smallest model as code', async () => {
  const dropsBias = foldIntoConv({ centred: (_, mean) => -mean })
  const broken = await brokenChecks([dropsBias], cases)
  const onRandomModels = broken.find(({ name }) => name.includes('random models'))
  expect(onRandomModels?.message).toMatchInlineSnapshot(`
    "rule "conv2d-bn" breaks the law "computes the same": output 0 differs by 0.00100; its largest element is 0.00100, of which 1e-5 is allowed

    The largest difference seen is 1.00 of the largest element.
    Found after 3 random models and made smaller 27 times (seed 0). The smallest, as a test of its own (\`plugin\` is the one under test):

    import { BatchNorm2d, Conv2d, floatTensor, Sequential } from '@nnfuse/ir'
    import { checkExample } from '@nnfuse/testing'

    test('conv2d-bn: computes the same', async () => {
      const model = Sequential([
        Conv2d({ weight: floatTensor([0], [1, 1, 1, 1]), bias: floatTensor([0.01], [1]) }),
        BatchNorm2d({ numFeatures: 1, weight: floatTensor([0.01], [1]), bias: floatTensor([0], [1]), runningMean: floatTensor([0], [1]), runningVar: floatTensor([0.01], [1]) }),
      ])
      await checkExample(plugin, { rule: 'conv2d-bn', law: 'computes the same', model, inputs: [[2, 1, 3, 3]] })
    })
    "
  `)
})

test('the same seed finds the same, another seed something else', async () => {
  const messages = async (seed: number) =>
    (
      await brokenChecks([foldIntoConv({ root: (variance) => 1 / Math.sqrt(variance) })], cases, { seed })
    ).map(({ message }) => message)
  expect(await messages(1)).toEqual(await messages(1))
  expect(await messages(1)).not.toEqual(await messages(2))
})
