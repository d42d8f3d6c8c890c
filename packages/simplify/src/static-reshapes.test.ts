import { Flatten, type GraphModuleOf, graphModule, ReLU, Reshape } from '@nnfuse/ir'
import { createPassManager } from '@nnfuse/pass-manager'
import { compareOutputs } from '@nnfuse/testing'
import { expect, test } from 'vitest'
import { simplify } from './index.js'

const simplified = (model: GraphModuleOf): GraphModuleOf =>
  createPassManager({ plugins: [simplify()] }).run(model).model as GraphModuleOf

const targets = ({ attrs }: GraphModuleOf): string[] => attrs.calls.map(({ target }) => target)

test('a reshape of what was reshaped for it alone is one of what that was given', async () => {
  const model = graphModule(
    { a: Flatten(), b: Reshape({ shape: ['copy', 3, -1] }), c: Reshape({ shape: [2, 2, 3, 2] }), d: ReLU() },
    (m, x) => m.d(m.c(m.b(m.a(x)))),
  ) as GraphModuleOf
  const result = simplified(model)
  expect(targets(result)).toEqual(['c', 'd'])
  expect(await compareOutputs(model, result, { inputs: [[2, 3, 4]] })).toBeUndefined()
})

test('what is reshaped for others, too, stays', () => {
  const model = graphModule(
    { a: Reshape({ shape: [2, 12] }), b: Reshape({ shape: [24] }), c: ReLU() },
    (m, x) => {
      const value = m.a(x)
      return [m.b(value), m.c(value)]
    },
  ) as GraphModuleOf
  expect(targets(simplified(model))).toEqual(['a', 'b', 'c'])
})
