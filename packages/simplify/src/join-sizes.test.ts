import {
  type AnyModule,
  type Dim,
  type GraphModuleOf,
  graphModule,
  hook,
  kind,
  noHooks,
  ReLU,
  type ValueType,
  withGraph,
  withHooks,
} from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { joinSizes } from './join-sizes.js'

/** A layer that gives lists of sizes, as nodes do that take them out of shapes; each is of another kind. */
const listing = (...types: readonly ValueType[]): AnyModule =>
  kind(`acme.Sizes${Math.random()}`, {
    create: () => ({ attrs: {} }),
    inferTypes: () => types,
  })()

const list = (...sizes: readonly Dim[]): ValueType => ({ dtype: 'int64', shape: [sizes.length], sizes })

const joined = (a: AnyModule, b: AnyModule) => {
  const model = graphModule({ a, b, c: ReLU(), d: ReLU() }, (m, x) => [m.c(m.a(x)), m.d(m.b(x))])
  const { graph, taken } = joinSizes(model as GraphModuleOf)
  return { targets: graph.attrs.calls.map(({ target }) => target), calls: graph.attrs.calls, taken }
}

test('the same sizes are taken once, by whatever layers', () => {
  const { targets, calls, taken } = joined(listing(list('n', 3)), listing(list('n', 3)))
  expect(targets).toEqual(['a', 'c', 'd'])
  expect(calls[2]?.inputs).toEqual(calls[0]?.outputs)
  expect(taken).toMatchObject([{ rule: 'join-equal', paths: ['a', 'b'], exactness: 'bits' }])
})

const one: ValueType = { dtype: 'int64', shape: [], sizes: ['n'] }
const watched = withHooks(listing(list('n')), { ...noHooks, forward: [hook(() => undefined)] })

test.each<[string, AnyModule, AnyModule]>([
  ['of other symbols', listing(list('n')), listing(list('m'))],
  ['in another order', listing(list('n', 'm')), listing(list('m', 'n'))],
  ['that are not known', listing(list('n', null)), listing(list('n', null))],
  ['one of them alone, the other a list', listing(one), listing(list('n'))],
  ['of another dtype', listing(list('n')), listing({ ...list('n'), dtype: 'int32' })],
  [
    'of which only that they are sizes is known',
    listing({ ...list('n'), shape: [null] }),
    listing(list('n')),
  ],
  ['that a hook watches', listing(list('n')), watched],
])('sizes stay apart %s', (_, a, b) => {
  expect(joined(a, b)).toMatchObject({ targets: ['a', 'c', 'b', 'd'], taken: [] })
})

test('sizes stay apart where a layer gives more', () => {
  const model = graphModule(
    { a: listing(list('n')), b: listing(list('n'), list('n')), c: ReLU() },
    (m, x) => [m.c(m.a(x)), m.b(x)],
  ) as GraphModuleOf
  const calls = model.attrs.calls.map((call) =>
    call.target === 'b' ? { ...call, outputs: [...call.outputs, 'more'] } : call,
  )
  const graph = withGraph(model, model.children, { ...model.attrs, calls, outputs: ['more'] })
  expect(joinSizes(graph).taken).toEqual([])
})

test('an output keeps its layer', () => {
  const model = graphModule({ a: listing(list('n')), b: listing(list('n')) }, (m, x) => [m.a(x), m.b(x)])
  const { graph, taken } = joinSizes(model as GraphModuleOf)
  expect([graph.attrs.calls.length, taken]).toEqual([2, []])
})

test('what sizes are taken from goes with them', () => {
  const model = graphModule(
    { a: listing(list('n')), other: ReLU(), b: listing(list('n')), c: ReLU(), d: ReLU() },
    (m, x) => [m.c(m.a(x)), m.d(m.b(m.other(x)))],
  )
  expect(joinSizes(model as GraphModuleOf).graph.attrs.calls.map(({ target }) => target)).toEqual([
    'a',
    'c',
    'd',
  ])
})
