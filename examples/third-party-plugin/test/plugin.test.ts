import { Dropout, Flatten, graphModule, Mul, manualSeed, print, ReLU, Sequential } from '@nnfuse/ir'
import { compareOutputs } from '@nnfuse/testing'
import { defaultPlugins, fuse } from 'nnfuse'
import { expect, test } from 'vitest'
import squaredReLU from '../src/index.js'

const nn = manualSeed(0)
const plugins = [...defaultPlugins(), squaredReLU()]

test('a linear layer and its squared ReLU become one; a ReLU behind them does nothing and goes', async () => {
  const layers = {
    ...{ linear: nn.Linear(3, 4), relu: ReLU(), mul: Mul() },
    ...{ dropout: Dropout(), flatten: Flatten(), idle: ReLU(), last: nn.Linear(4, 2) },
  }
  const model = graphModule(layers, (m, x) => {
    const positive = m.relu(m.linear(x))
    return m.last(m.idle(m.flatten(m.dropout(m.mul(positive, positive)))))
  })
  const { model: fused, report } = fuse(model, { plugins })
  expect(print(fused.root)).toBe(
    [
      'nn.GraphModule (x) -> (last)',
      '  linear: acme.LinearSquaredReLU : mul <- x',
      '    0: nn.Linear(3 -> 4)',
      '    1: acme.SquaredReLU',
      '  flatten: nn.Flatten : flatten <- mul',
      '  last: nn.Linear(4 -> 2) : last <- flatten',
    ].join('\n'),
  )
  expect(report.applied.map(({ rule }) => rule)).toEqual(['squared-relu', 'idle-relu', 'linear-squared-relu'])
  expect(await compareOutputs(model, fused.root, { inputs: [[2, 3]] })).toBeUndefined()
})

test("nnfuse's own rule for a convolution with its ReLU is overridden", () => {
  const model = Sequential({ conv: nn.Conv2d(2, 4, 3, { groups: 2 }), relu: ReLU() })
  const { report } = fuse(model, { plugins })
  expect(report.applied).toEqual([])
  expect(report.diagnostics.map(({ message }) => message)).toEqual([
    '"dense-conv2d-relu" overrides "conv2d-relu" of @nnfuse/fuser-linear-relu: same pattern',
  ])
  const depthwise = fuse(model, { plugins: [...defaultPlugins(), squaredReLU({ depthwise: true })] })
  expect(depthwise.report.applied.map(({ rule }) => rule)).toEqual(['dense-conv2d-relu'])
})
