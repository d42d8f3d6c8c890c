import {
  Add,
  type AnyModule,
  Constant,
  type DType,
  decodeFloats,
  encode,
  floatTensor,
  type GraphModuleOf,
  graphModule,
  hook,
  Mul,
  noHooks,
  ReLU,
  readBytes,
  type Tensor,
  tensorOf,
  withHooks,
} from '@nnfuse/ir'
import type { Exactness } from '@nnfuse/matcher'
import { createPassManager } from '@nnfuse/pass-manager'
import { expect, test } from 'vitest'
import { simplify } from './index.js'

const simplified = (model: AnyModule, exact: Exactness = 'real') => {
  const { model: result, report } = createPassManager({ plugins: [simplify()], exact }).run(model)
  return { graph: result as GraphModuleOf, report }
}

const ops = ({ attrs, children }: GraphModuleOf): string[] =>
  attrs.calls.map(({ target }) => children.get(target)?.kind ?? '').filter((kind) => kind !== Constant.kind)

const chain = (first: Tensor, second: Tensor, one = Mul()): AnyModule =>
  graphModule(
    { start: ReLU(), a: Constant(first), b: Constant(second), one, two: Mul(), end: ReLU() },
    (m, x) => m.end(m.two(m.b(), m.one(m.start(x), m.a()))),
    { inputs: { x: { dtype: first.dtype as 'float32', shape: ['n', 2] } } },
  )

const half = (values: number[]): Tensor => tensorOf('float16', [values.length], encode(values, 'float16'))

const factorIn = async ({ children }: GraphModuleOf): Promise<number[]> => {
  const { value } = (children.get('two_factor') as AnyModule).attrs as { value: Tensor }
  return [...decodeFloats(await readBytes(value), value.dtype)]
}

test.each<[string, Tensor, Tensor, number[]]>([
  ['single numbers', floatTensor([3], []), floatTensor([0.5], [1]), [1.5]],
  ['one for each channel and a single one', floatTensor([3, 5], [2]), floatTensor([2], []), [6, 10]],
  ['a single one and one for each channel', floatTensor([2], []), floatTensor([3, 5], [1, 2]), [6, 10]],
  ['one for each channel twice', floatTensor([3, 5], [2]), floatTensor([2, 4], [2]), [6, 20]],
  ['zero', floatTensor([3, 5], [2]), floatTensor([0], []), [0, 0]],
  [
    'rounded once',
    floatTensor([0.1], []),
    floatTensor([0.1], []),
    [Math.fround(Math.fround(0.1) * Math.fround(0.1))],
  ],
])('two multiplications become one: %s', async (_, a, b, factor) => {
  const { graph, report } = simplified(chain(a, b))
  expect(ops(graph)).toEqual([ReLU.kind, Mul.kind, ReLU.kind])
  expect(await factorIn(graph)).toEqual(factor)
  expect(report.applied.map(({ rule, exactness }) => [rule, exactness])).toEqual([['join-factors', 'real']])
})

test.each<[string, AnyModule, Exactness?]>([
  ['where all bits count', chain(floatTensor([3], []), floatTensor([0.3], [])), 'bits'],
  ['where their product is infinite', chain(floatTensor([1e30], []), floatTensor([1e30], []))],
  ['where their product vanishes', chain(floatTensor([1e-30], []), floatTensor([1e-30], []))],
  ['where their product has lost digits', chain(half([0.01]), half([0.001]))],
  ['where they are large', chain(floatTensor(new Array(5000).fill(2), [2500, 2]), floatTensor([3], []))],
  ['where one has more axes', chain(floatTensor([3, 5], [2]), floatTensor([2], [1, 1, 1]))],
  ['where one is of another type', chain(floatTensor([3], []), half([2]))],
  [
    'where one is known but for its last digit',
    chain({ ...floatTensor([3], []), approximate: true }, floatTensor([2], [])),
  ],
  [
    'where a hook watches',
    chain(
      floatTensor([3], []),
      floatTensor([2], []),
      withHooks(Mul(), { ...noHooks, forward: [hook(() => undefined)] }),
    ),
  ],
  ['where one stretches the other', chain(floatTensor([3, 5], [2]), floatTensor([2, 4, 6], [3, 1]))],
])('two multiplications stay %s', (_, model, exact) => {
  const { graph } = simplified(model, exact)
  expect(ops(graph)).toEqual([ReLU.kind, Mul.kind, Mul.kind, ReLU.kind])
  expect(graph.children.has('two_factor')).toBe(false)
})

const used = graphModule(
  { a: Constant(floatTensor([3], [])), one: Mul(), two: Mul(), sum: Add() },
  (m, x) => {
    const [factor, once] = [m.a(), m.one(x, m.a())]
    return m.sum(once, m.two(once, factor))
  },
  { inputs: { x: { dtype: 'float32' satisfies DType, shape: ['n', 2] } } },
)

test('two multiplications stay where what the first gives is used elsewhere', () => {
  expect(simplified(used).graph.attrs.calls).toEqual((used as GraphModuleOf).attrs.calls)
})

test('a layer that is called twice stays', () => {
  const model = graphModule(
    { a: Constant(floatTensor([3], [])), both: Mul() },
    (m, x) => {
      const factor = m.a()
      return m.both(m.both(x, factor), factor)
    },
    { inputs: { x: { dtype: 'float32', shape: ['n', 2] } } },
  )
  expect(ops(simplified(model).graph)).toEqual([Mul.kind, Mul.kind])
})

test('three become one', () => {
  const model = graphModule(
    {
      a: Constant(floatTensor([2], [])),
      b: Constant(floatTensor([3], [])),
      one: Mul(),
      two: Mul(),
      three: Mul(),
    },
    (m, x) => m.three(m.two(m.one(x, m.a()), m.b()), m.b()),
    { inputs: { x: { dtype: 'float32', shape: ['n', 2] } } },
  )
  const { graph } = simplified(model)
  expect(ops(graph)).toEqual([Mul.kind])
  expect(simplified(graph).graph).toBe(graph)
})
