import { flatten, type GraphModuleOf, ReLU } from '@nnfuse/ir'
import { sample } from 'fast-check'
import { expect, test } from 'vitest'
import { chainOf } from './chain-of.js'
import { arbitraryConv2d } from './conv.js'
import { plusInput } from './plus-input.js'

test('what is added stands on either side and broadcasts in every way, and layers may follow', () => {
  const examples = sample(plusInput(chainOf(arbitraryConv2d), ReLU()), { seed: 0, numRuns: 60 })
  const addsOf = (model: GraphModuleOf) =>
    model.attrs.calls.filter(({ target }) => target === 'add').map(({ inputs }) => inputs.indexOf('x_1'))
  const graphs = examples.map(({ model }) => flatten(model))
  expect(new Set(graphs.flatMap(addsOf))).toEqual(new Set([0, 1]))
  expect(new Set(examples.map(({ inputs }) => inputs[1]?.length))).toEqual(new Set([4, 3, 0]))
  expect(new Set(graphs.map(({ children }) => [...children.values()].at(-1)?.kind))).toEqual(
    new Set(['nn.ReLU']),
  )
})
