import {
  Add,
  type AnyModule,
  Cat,
  Constant,
  Div,
  Flatten,
  floatTensor,
  type GraphModuleOf,
  graphModule,
  Mul,
  Pad,
  ReLU,
  Reshape,
  Sub,
  Transpose,
} from '@nnfuse/ir'
import type { Exactness } from '@nnfuse/matcher'
import { createPassManager } from '@nnfuse/pass-manager'
import { expect, test } from 'vitest'
import { simplify } from './index.js'

const targets = (model: AnyModule, exact: Exactness): string[] => {
  const { model: result } = createPassManager({ plugins: [simplify()], exact }).run(model)
  return (result as GraphModuleOf).attrs.calls.map(({ target }) => target)
}

const withNumber = (op: AnyModule, values: readonly number[], shape: readonly number[], isFirst = false) =>
  graphModule(
    { a: ReLU(), c: Constant(floatTensor(values, shape)), op, b: ReLU() },
    (m, x) => {
      const [value, number] = [m.a(x), m.c()]
      return m.b(isFirst ? m.op(number, value) : m.op(value, number))
    },
    { inputs: { x: { dtype: 'float32', shape: ['n', 2] } } },
  )

test.each<[string, AnyModule, Exactness]>([
  ['times 1', withNumber(Mul(), [1], []), 'bits'],
  ['1 times', withNumber(Mul(), [1], [1], true), 'bits'],
  ['times 1 for each channel', withNumber(Mul(), [1, 1], [2]), 'bits'],
  ['divided by 1', withNumber(Div(), [1], []), 'bits'],
  ['less 0', withNumber(Sub(), [0], []), 'bits'],
  ['plus -0', withNumber(Add(), [-0], []), 'bits'],
  ['plus 0, but for the sign of -0', withNumber(Add(), [0], [1]), 'real'],
])('%s changes nothing', (_, model, exact) => {
  expect(targets(model, exact)).toEqual(['a', 'b'])
})

test.each<[string, AnyModule, Exactness]>([
  ['plus 0, which takes the sign of -0', withNumber(Add(), [0], [1]), 'bits'],
  ['1 divided by it', withNumber(Div(), [1], [], true), 'real'],
  ['0 less it', withNumber(Sub(), [0], [], true), 'real'],
  ['times what is not 1 everywhere', withNumber(Mul(), [1, 2], [2]), 'real'],
  ['times ones that stretch it', withNumber(Mul(), [1, 1, 1, 1], [2, 1, 2]), 'real'],
  ['less -0', withNumber(Sub(), [-0], []), 'bits'],
])('%s stays', (_, model, exact) => {
  expect(targets(model, exact)).toContain('op')
})

test('axes in their order and what is joined with nothing go', () => {
  const model = graphModule(
    { a: ReLU(), same: Transpose({ perm: [0, 1] }), one: Cat(), other: Transpose({ perm: [1, 0] }) },
    (m, x) => m.other(m.one(m.same(m.a(x)))),
  )
  expect(targets(model, 'bits')).toEqual(['a', 'other'])
})

const between = (op: AnyModule, shape?: readonly (number | string)[]): AnyModule =>
  graphModule({ a: ReLU(), op, b: ReLU() }, (m, x) => m.b(m.op(m.a(x))), {
    ...(shape && { inputs: { x: { dtype: 'float32', shape } } }),
  })

test.each<[string, AnyModule]>([
  ['a reshape to the shape that is there', between(Reshape({ shape: ['copy', 3, -1] }), ['n', 3, 'h'])],
  ['a flattening of one axis', between(Flatten(), ['n', 'c'])],
  ['padding by nothing', between(Pad({ pads: [[0, 0]] }))],
])('%s goes', (_, model) => {
  expect(targets(model, 'bits')).toEqual(['a', 'b'])
})

test.each<[string, AnyModule]>([
  ['a reshape to other sizes', between(Reshape({ shape: ['copy', 4, -1] }), ['n', 2, 6])],
  ['a reshape with an axis more', between(Reshape({ shape: ['copy', 3, -1] }), ['n', 3])],
  ['a reshape of what is not known', between(Reshape({ shape: ['copy', 3] }))],
  ['a reshape of sizes that are not known', between(Reshape({ shape: [-1, 3] }), ['n', 'c'])],
  ['a flattening of two axes', between(Flatten(), ['n', 'c', 1])],
  ['a flattening of what is not known', between(Flatten())],
  ['padding', between(Pad({ pads: [[0, 1]] }))],
])('%s stays', (_, model) => {
  expect(targets(model, 'bits')).toEqual(['a', 'op', 'b'])
})
