import {
  Add,
  Conv2d,
  Dropout,
  floatTensor,
  type GraphModuleOf,
  graphModule,
  hook,
  kind,
  LeakyReLU,
  noHooks,
  ReLU,
  train,
  withHooks,
  withTraining,
} from '@nnfuse/ir'
import { createPassManager } from '@nnfuse/pass-manager'
import { compareOutputs } from '@nnfuse/testing'
import { expect, test } from 'vitest'
import { simplify } from './index.js'

const weight = floatTensor(
  Array.from({ length: 300 }, (_, i) => Math.sin(i)),
  [100, 3, 1, 1],
)
const image = [2, 3, 5, 4]

const join = (model: Parameters<ReturnType<typeof createPassManager>['run']>[0]) => {
  const { model: result, report } = createPassManager({ plugins: [simplify()] }).run(model)
  return { result: result as GraphModuleOf, report }
}

const sumOf = (a: Parameters<typeof graphModule>[0][string], b: typeof a) =>
  graphModule({ a, b, add: Add() }, (m, x) => m.add(m.a(x), m.b(x)))

test('equal layers are called once, and what follows them, too', async () => {
  const model = graphModule(
    { a: Conv2d({ weight }), b: Conv2d({ weight }), c: ReLU(), d: ReLU(), add: Add() },
    (m, x) => m.add(m.c(m.a(x)), m.d(m.b(x))),
  )
  const { result, report } = join(model)
  expect(result.attrs.calls.map(({ target }) => target)).toEqual(['a', 'c', 'add'])
  expect([...result.children.keys()]).toEqual(['a', 'c', 'add'])
  expect(report.applied.map(({ rule, paths }) => [rule, ...paths])).toEqual([
    ['join-equal', 'a', 'b'],
    ['join-equal', 'c', 'd'],
  ])
  expect(await compareOutputs(model, result, { inputs: [image] })).toBeUndefined()
  expect(join(result).result).toBe(result)
})

test.each([
  ['of other attributes', sumOf(LeakyReLU({ negativeSlope: 0.1 }), LeakyReLU({ negativeSlope: 0.2 }))],
  ['of zeros that differ in sign', sumOf(LeakyReLU({ negativeSlope: 0 }), LeakyReLU({ negativeSlope: -0 }))],
  ['whose large tensors are not the same one', sumOf(Conv2d({ weight }), Conv2d({ weight: { ...weight } }))],
  ['that train', train(sumOf(Dropout(), Dropout()))],
  ['one of which trains', sumOf(withTraining(ReLU(), true), ReLU())],
  ['that a hook watches', sumOf(withHooks(ReLU(), { ...noHooks, forward: [hook(() => undefined)] }), ReLU())],
])('layers stay apart %s', (_, model) => {
  expect(join(model).result.attrs.calls.map(({ target }) => target)).toEqual(['a', 'b', 'add'])
})

test('an output keeps its layer', () => {
  const model = graphModule({ a: ReLU(), b: ReLU() }, (m, x) => [m.a(x), m.b(x)])
  const { result, report } = join(model)
  expect([result.attrs.calls.length, report.applied]).toEqual([2, []])
})

/** A stranger's layer, which may hold anything. */
const Lookup = kind('acme.Lookup', {
  create: (table: unknown) => ({ attrs: { table } }),
  forward: (ops, _, x) => ops.relu(x),
})

test.each<[string, number, unknown, unknown]>([
  ['maps cannot be told apart', 3, new Map([[1, 2]]), new Map([[1, 3]])],
  ['functions cannot either', 3, () => 1, () => 2],
  ['nor instances of classes', 3, new Date(0), new Date(1)],
  ['whole numbers of any size can', 2, 2n ** 70n, 2n ** 70n],
  ['and differ', 3, 2n ** 70n, 2n ** 71n],
  ['-0 is not 0', 3, -0, 0],
  ['nothing given is not null', 3, undefined, null],
  ['lists are compared', 2, [1, { a: 'b' }], [1, { a: 'b' }]],
])('what a layer of another kind holds: %s', (_, calls, one, other) => {
  const { result } = join(sumOf(Lookup(one), Lookup(other)))
  expect(result.attrs.calls).toHaveLength(calls)
})
