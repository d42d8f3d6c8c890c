import {
  Add,
  type AnyModule,
  Cat,
  Constant,
  flatten,
  floatTensor,
  graphModule,
  Identity,
  Linear,
  Mul,
  manualSeed,
  ReLU,
  Sigmoid,
} from '@nnfuse/ir'
import { expect, test } from 'vitest'
import {
  any,
  decline,
  type OutputsPattern,
  op,
  outputs,
  plan,
  rule,
  type ValuePattern,
} from '../src/index.js'
import { AddMM, Dequantize, Neg, Quantize, Sum } from './layers.js'

/*
 * The graphs and patterns of TestFXMatcherUtils in PyTorch's test/test_fx_passes.py, with how many matches are found.
 * PyTorch counts four ways, by whether the outputs and the placeholders of the pattern must be those of the graph; in
 * our patterns neither must, which is its column "False, False".
 */

type AnyPattern = ValuePattern | OutputsPattern

/** How many matches one plan takes: none overlaps another. */
const taken = (model: AnyModule, pattern: AnyPattern): number =>
  plan(flatten(model), [rule('counted', pattern, () => Identity())]).applications.length

/** At how many places the pattern fits and may legally be replaced, in any order of operands. */
const fitting = (model: AnyModule, pattern: AnyPattern): number =>
  plan(flatten(model), [rule('counted', pattern, () => decline('counted'))]).declines.filter(
    ({ reason }) => reason === 'counted',
  ).length

const nn = manualSeed(0)

test('SingleNodePattern: 1', () => {
  const model = graphModule({ neg: Neg(), add: Add() }, (m, x) => {
    const y = m.neg(x)
    return m.add(y, y)
  })
  expect(taken(model, op(Neg, any('a')))).toBe(1)
})

test('SimplePattern: 3', () => {
  const model = graphModule({ cat: Cat(), sum: Sum(), max: ReLU(), add: Add() }, (m, x, a, b) => {
    const [first, second] = [m.sum(m.cat(a, b)), m.sum(m.cat(b, a))]
    const third = m.sum(m.cat(first, second))
    return m.add(m.add(m.add(x, m.max(first)), m.max(second)), third)
  })
  expect(taken(model, op(Sum, op(Cat, any('a'), any('b'))))).toBe(3)
})

const negTwice = op(Neg, any('x'))

test('SimpleFullGraphMatching: 1', () => {
  const model = graphModule({ neg: Neg(), add: Add() }, (m, x) => {
    const y = m.neg(x)
    return m.add(y, y)
  })
  expect(taken(model, op(Add, negTwice, negTwice))).toBe(1)
})

test('DiamondShape: 1', () => {
  const model = graphModule({ neg: Neg(), relu: ReLU(), sigmoid: Sigmoid(), add: Add() }, (m, x) => {
    const y = m.relu(m.neg(x))
    return m.add(m.sigmoid(y), m.relu(y))
  })
  const top = op(ReLU, any('a'))
  expect(taken(model, op(Add, op(Sigmoid, top), op(ReLU, top)))).toBe(1)
})

test('NonFullyContainedMatches: 1; where an inner value leaks, none', () => {
  const model = graphModule({ cat: Cat(), addmm: AddMM(), sum: Sum() }, (m, x, w1, w2, b1, b2) => {
    const contained = m.addmm(b1, m.cat(w1, w2), m.cat(x, b2))
    const leaking = m.cat(w1, w2)
    m.addmm(b1, leaking, m.cat(x, b2))
    return [m.sum(contained), m.sum(leaking)]
  })
  const pattern = op(AddMM, any('b1'), op(Cat, any('w1'), any('w2')), op(Cat, any('x'), any('b2')))
  expect(taken(model, pattern)).toBe(1)
})

test('ChainRepeatedPattern: 2; the pattern fits at 3 places, and of those that overlap the first is taken', () => {
  const model = graphModule({ sigmoid: Sigmoid() }, (m, x) => m.sigmoid(m.sigmoid(m.sigmoid(m.sigmoid(x)))))
  const pattern = op(Sigmoid, op(Sigmoid, any('x')))
  expect([taken(model, pattern), fitting(model, pattern)]).toEqual([2, 3])
})

test('QuantizationModel: 1', () => {
  const model = graphModule(
    { add: Add(), dequantize: Dequantize(), sigmoid: Sigmoid(), to: Sum() },
    (m, x, y) => m.to(m.sigmoid(m.dequantize(m.add(x, y)))),
  )
  expect(taken(model, op(Sum, op(Sigmoid, op(Dequantize, any('x')))))).toBe(1)
})

test('MultipleOutputsWithDependency: 1', () => {
  const model = graphModule({ relu: ReLU(), sigmoid: Sigmoid() }, (m, x) => {
    const y = m.relu(x)
    return [m.sigmoid(y), y]
  })
  const first = op(ReLU, any('a'))
  expect(taken(model, outputs(first, op(Sigmoid, first)))).toBe(1)
})

test('MultipleOutputsWithoutDependency: 1', () => {
  const model = graphModule(
    { neg: Neg(), relu: ReLU(), sum: Sum(), sigmoid: Sigmoid(), add: Add() },
    (m, x) => {
      const y = m.relu(m.neg(x))
      const [total, gate] = [m.sum(y), m.sigmoid(y)]
      return m.add(m.sigmoid(gate), m.sum(total))
    },
  )
  const top = op(ReLU, any('a'))
  expect(taken(model, outputs(op(Sigmoid, top), op(Sum, top)))).toBe(1)
})

test('MultipleOutputsMultipleOverlappingMatches: 1 of the 4 places, all of which need the same ReLU', () => {
  const model = graphModule(
    { neg: Neg(), relu: ReLU(), sum: Sum(), sigmoid: Sigmoid(), add: Add() },
    (m, x) => {
      const y = m.relu(m.neg(x))
      const [a, b, c, d] = [m.sum(y), m.sum(y), m.sigmoid(y), m.sigmoid(y)]
      return m.add(m.add(m.add(a, b), c), d)
    },
  )
  const top = op(ReLU, any('a'))
  const pattern = outputs(top, op(Sigmoid, top), op(Sum, top))
  expect([taken(model, pattern), fitting(model, pattern)]).toEqual([1, 4])
})

test('MultipleOutputsMultipleNonOverlappingMatches: 1; the first leaks its ReLU into the second', () => {
  const model = graphModule(
    { neg: Neg(), relu: ReLU(), sum: Sum(), sigmoid: Sigmoid(), add: Add() },
    (m, x) => {
      const first = m.relu(m.neg(x))
      const [a, b] = [m.sum(first), m.sigmoid(first)]
      const second = m.relu(first)
      const [c, d] = [m.sum(second), m.sigmoid(second)]
      return m.add(m.add(m.add(a, c), b), d)
    },
  )
  const top = op(ReLU, any('a'))
  expect(taken(model, outputs(op(Sigmoid, top), op(Sum, top)))).toBe(1)
})

// PyTorch finds 2 and says that it should be 1: the two are the same layers in two orders, so we take one.
test('MultipleOutputsIdenticalAnchor: 1 of 2 orders', () => {
  const model = graphModule({ neg: Neg(), relu: ReLU(), sigmoid: Sigmoid() }, (m, x) => {
    const y = m.relu(m.neg(x))
    return [m.sigmoid(y), m.sigmoid(y)]
  })
  const top = op(ReLU, any('a'))
  const pattern = outputs(op(Sigmoid, top), op(Sigmoid, top))
  expect([taken(model, pattern), fitting(model, pattern)]).toEqual([1, 2])
})

// PyTorch's outputs may share nothing but a placeholder; ours must share a value, and a name is one.
test('MultipleOutputsHorizontalPattern: 1', () => {
  const model = graphModule({ neg: Neg(), relu: ReLU(), sigmoid: Sigmoid() }, (m, x) => {
    const y = m.neg(x)
    return [m.relu(y), m.sigmoid(y)]
  })
  expect(taken(model, outputs(op(ReLU, any('a')), op(Sigmoid, any('a'))))).toBe(1)
})

test('MultiOutputWithWithInvalidMatches: 0; an input would be made from an output', () => {
  const model = graphModule(
    { linear: nn.Linear(3, 3), sigmoid: Sigmoid(), mul: Mul(), sum: Sum() },
    (m, x) => {
      const y = m.linear(x)
      return m.sum(m.mul(y, m.sigmoid(y)))
    },
  )
  const linear = op(Linear, any('a'))
  expect(taken(model, outputs(linear, op(Mul, linear, any('c'))))).toBe(0)
})

// All three scales are one value here: two names of a pattern may be one. The sum fits in both orders; one is taken.
test('QuantizationFp8Pattern: 1', () => {
  const scale = Constant(floatTensor([0.5], []))
  const model = graphModule(
    { scale, quantize: Quantize(), dequantize: Dequantize(), add: Add() },
    (m, x, y) => {
      const by = m.scale()
      const coded = (value: typeof x) => m.dequantize(m.quantize(value, by), by)
      return m.dequantize(m.quantize(m.add(coded(x), coded(y)), by), by)
    },
  )
  const decoded = (name: string) => op(Dequantize, any(name), any(`${name}_scale`))
  const pattern = op(Quantize, op(Add, decoded('a'), decoded('b')), any('out_scale'))
  expect([taken(model, pattern), fitting(model, pattern)]).toEqual([1, 2])
})

test('NoAnchorFound: 0', () => {
  const model = graphModule({ neg: Neg() }, (m, x) => m.neg(x))
  expect(taken(model, op(ReLU, any('a')))).toBe(0)
})
