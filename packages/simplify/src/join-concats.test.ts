import {
  type AnyModule,
  Cat,
  type GraphModuleOf,
  graphModule,
  hook,
  noHooks,
  ReLU,
  Tanh,
  withHooks,
} from '@nnfuse/ir'
import { createPassManager } from '@nnfuse/pass-manager'
import { compareOutputs } from '@nnfuse/testing'
import { expect, test } from 'vitest'
import { simplify } from './index.js'

const simplified = (model: AnyModule) => {
  const { model: result, report } = createPassManager({ plugins: [simplify()], exact: 'bits' }).run(model)
  return { result: result as GraphModuleOf, applied: report.applied }
}

const callsOf = (model: AnyModule): string[] =>
  (model as GraphModuleOf).attrs.calls.map(({ target, inputs }) => `${target}(${inputs.join(', ')})`)

test('what is joined to be joined to more is joined once', async () => {
  const model = graphModule(
    { a: ReLU(), one: Cat(), b: Tanh(), two: Cat({ axis: -2 }), out: Cat(), last: Cat({ axis: 1 }) },
    (m, x) => {
      const joined = m.one(x, m.a(x))
      const more = m.two(joined, m.b(x))
      return [m.out(x, more), m.last(more, joined)]
    },
    { inputs: { x: { dtype: 'float32', shape: ['n', 2, 3] } } },
  )
  const { result, applied } = simplified(model)
  expect(callsOf(result)).toEqual(['a(x)', 'b(x)', 'out(x, x, a, b)', 'last(x, a, b, x, a)'])
  expect(applied.map(({ rule, paths }) => [rule, paths])).toEqual([
    ['join-concats', ['one', 'two', 'out']],
    ['join-concats', ['one', 'two', 'last']],
  ])
  expect(await compareOutputs(model, result, { inputs: [[2, 2, 3]] })).toBeUndefined()
  expect(simplified(result).result).toBe(result)
})

test('a layer that is called more than once', async () => {
  const model = graphModule({ a: ReLU(), both: Cat(), last: Cat() }, (m, x) =>
    m.last(m.both(m.both(x, m.a(x)), x), m.both(x, x)),
  )
  const { result } = simplified(model)
  expect(callsOf(result)).toEqual(['a(x)', 'last(x, a, x, x, x)'])
  expect([...result.children.keys()]).toEqual(['a', 'last'])
  expect(await compareOutputs(model, result, { inputs: [[2, 2, 3]] })).toBeUndefined()
})

const twoOf = (first: AnyModule, second: AnyModule): AnyModule =>
  graphModule({ a: ReLU(), first, second }, (m, x) => m.second(m.first(x, m.a(x)), x))

test.each<[string, AnyModule]>([
  ['along different axes', twoOf(Cat(), Cat({ axis: 2 }))],
  ['along axes of which one is not known', twoOf(Cat({ axis: 2 }), Cat({ axis: -1 }))],
  ['where a hook watches', twoOf(withHooks(Cat(), { ...noHooks, forward: [hook(() => undefined)] }), Cat())],
  [
    'where another layer uses it, too',
    graphModule({ a: ReLU(), first: Cat(), second: Cat(), b: ReLU() }, (m, x) => {
      const joined = m.first(x, m.a(x))
      return [m.second(joined, x), m.b(joined)]
    }),
  ],
  [
    'where it is a result of the model',
    graphModule({ a: ReLU(), first: Cat(), second: Cat() }, (m, x) => {
      const joined = m.first(x, m.a(x))
      return [m.second(joined, x), joined]
    }),
  ],
])('two concatenations stay %s', (_, model) => {
  expect(callsOf(simplified(model).result)).toEqual(callsOf(model))
})

test('concatenations of themselves do not name more and more values', () => {
  const names = Array.from({ length: 40 }, (_, i) => `c${i}`)
  const model = graphModule(Object.fromEntries(names.map((name) => [name, Cat()])), (m, x) =>
    names.reduce((value, name) => m[name]?.(value, value) ?? value, x),
  )
  const { result } = simplified(model)
  for (const { inputs } of result.attrs.calls) expect(inputs.length).toBeLessThanOrEqual(128)
  expect(simplified(result).result).toBe(result)
})
