import {
  type AnyModule,
  Dropout,
  graphModule,
  kind,
  LeakyReLU,
  Mul,
  manualSeed,
  print,
  ReLU,
  train,
} from '@nnfuse/ir'
import { createPassManager, definePlugin } from '@nnfuse/pass-manager'
import { compareOutputs } from '@nnfuse/testing'
import { expect, test } from 'vitest'
import { mergeCalls } from '../src/merge-calls/merge-calls.js'

const Noise = kind('acme.Noise', { create: () => ({ attrs: {} }) })
const fc = manualSeed(0).Linear(4, 4)
const manager = createPassManager({ plugins: [definePlugin({ name: 'merging', passes: [mergeCalls] })] })

/** Three ReLUs of one value. Two are multiplied, the third leaves the model. */
const three = graphModule({ fc, a: ReLU(), b: ReLU(), c: ReLU(), square: Mul() }, (m, x) => {
  const y = m.fc(x)
  return [m.square(m.a(y), m.b(y)), m.c(y)]
})

test('equal calls are merged, an output of the model keeps its own', () => {
  const { model, report } = manager.run(three)
  expect(print(model)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (square, c)
      fc: nn.Linear(4 -> 4) : fc <- x
      a: nn.ReLU : a <- fc
      c: nn.ReLU : c <- fc
      square: nn.Mul : square <- a, a"
  `)
  expect(report.rules).toMatchObject([{ rule: 'merged-calls', plugin: 'merging', applied: 1 }])
})

test('it computes the same', async () => {
  expect(await compareOutputs(three, manager.run(three).model, { inputs: [[2, 4]] })).toBeUndefined()
})

test('what follows from merged calls is merged in the same sweep', () => {
  const chains = graphModule({ a: ReLU(), b: ReLU(), c: ReLU(), d: ReLU(), mul: Mul() }, (m, x) =>
    m.mul(m.c(m.a(x)), m.d(m.b(x))),
  )
  expect(manager.run(chains).report.applied.map(({ paths }) => paths)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
})

const stayTwo = (a: AnyModule, b: AnyModule) =>
  manager.run(graphModule({ a, b, mul: Mul() }, (m, x) => m.mul(m.a(x), m.b(x)))).report.applied

test.each([
  ['with weights', fc, fc],
  ['in training mode', train(Dropout()), train(Dropout())],
  ['with other attributes', LeakyReLU(), LeakyReLU({ negativeSlope: 0.1 })],
  ['that nobody knows', Noise(), Noise()],
])('layers %s stay two', (_what, a, b) => {
  expect(stayTwo(a, b)).toEqual([])
})
