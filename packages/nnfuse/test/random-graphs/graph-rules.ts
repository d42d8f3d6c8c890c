import {
  Add,
  type AnyModule,
  Conv1d,
  Conv2d,
  ConvAdd2d,
  ConvAddReLU2d,
  floatTensor,
  graphModule,
  type Kind,
  kind,
  Linear,
  Mul,
  ReLU,
  Sigmoid,
  SiLU,
  Sub,
  Tanh,
} from '@nnfuse/ir'
import { any, literal, oneOf, op, outputs } from '@nnfuse/matcher'
import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { graphRule, type KnownRule } from '../brute-force/known-rule.js'

/*
 * Rules of every shape that a graph pattern can have: operands in either order and in one only, one value in two
 * places, two names for a value, a diamond, a number, several outputs, a small graph as the result. Each makes the
 * model smaller, so that fusing ends.
 */

type Held = Kind<string, Record<never, never>, readonly AnyModule[]>

const held = (layers: readonly AnyModule[]) => ({
  attrs: {},
  children: new Map(layers.map((layer, i) => [String(i), layer])),
  training: layers[0]?.training ?? false,
})

const layer = (module: AnyModule, i: number): AnyModule => module.children.get(String(i)) as AnyModule

const LayerSub: Held = kind('test.LayerSub', {
  create: (...layers: readonly AnyModule[]) => held(layers),
  forward: (ops, module, x, y) => ops.sub(ops.call('0', layer(module, 0), [x])[0] as typeof y, y),
})

const TanhGate: Held = kind('test.TanhGate', {
  create: (...layers: readonly AnyModule[]) => held(layers),
  forward: (ops, module, x) => {
    const [y] = ops.call('0', layer(module, 0), [x])
    return ops.mul(ops.tanh(y as typeof x), ops.sigmoid(y as typeof x))
  },
})

const Doubled: Held = kind('test.Doubled', {
  create: () => held([]),
  forward: (ops, _module, x) => ops.add(x, x),
})

const Halved: Held = kind('test.Halved', {
  create: () => held([]),
  forward: (ops, _module, x) => ops.mul(x, ops.constant(floatTensor([0.5], []))),
})

/** `[first(x), second(x)]` */
const Pair: Held = kind('test.Pair', {
  create: (...layers: readonly AnyModule[]) => held(layers),
  forward: (ops, module, x) => ({
    outputs: [
      ops.call('0', layer(module, 0), [x])[0] as typeof x,
      ops.call('1', layer(module, 1), [x])[0] as typeof x,
    ],
  }),
})

/** `[first(x), second(first(x))]` */
const Tapped: Held = kind('test.Tapped', {
  create: (...layers: readonly AnyModule[]) => held(layers),
  forward: (ops, module, x) => {
    const [first] = ops.call('0', layer(module, 0), [x])
    const [second] = ops.call('1', layer(module, 1), [first as typeof x])
    return { outputs: [first as typeof x, second as typeof x] }
  },
})

const gated = op(oneOf(Conv1d, Conv2d, Linear)).as('layer')
const tapped = op(oneOf(Conv1d, Conv2d)).as('first')

export const graphRules: readonly KnownRule[] = [
  graphRule('conv-add', op(Add, op(Conv2d).as('conv'), any('y')), ({ conv }) => ConvAdd2d(conv)),
  graphRule(
    'conv-add-relu',
    op(ReLU, op(Add, op(Conv2d).as('conv'), any('y'))).as('relu'),
    ({ conv, relu }) => ConvAddReLU2d(conv, relu),
  ),
  graphRule('layer-sub', op(Sub, op(oneOf(Conv1d, Conv2d, Linear)).as('first'), any('y')), ({ first }) =>
    LayerSub(first),
  ),
  graphRule('silu', op(Mul, any('x'), op(Sigmoid, any('x'))), () => SiLU()),
  graphRule('tanh-gate', op(Mul, op(Tanh, gated), op(Sigmoid, gated)), ({ layer: first }) => TanhGate(first)),
  graphRule('double', op(Add, any('x'), any('x')), () => Doubled()),
  graphRule('half', op(Mul, any('x'), literal(0.5)), () => Halved()),
  graphRule('factor', op(Add, op(Mul, any('a'), any('c')), op(Mul, any('b'), any('c'))), () =>
    graphModule({ sum: Add(), product: Mul() }, (m, a, c, b) => m.product(m.sum(a, b), c)),
  ),
  graphRule(
    'pair',
    outputs(op(Linear, any('x')).as('a'), op(Linear, any('x')).as('b')),
    ({ a, b }) => Pair(a, b),
    {
      when: [
        ({ captures: { a, b }, decline }) =>
          a.training === b.training || decline('one is in training mode and the other is not'),
      ],
    },
  ),
  graphRule('tapped', outputs(tapped, op(Sigmoid, tapped).as('second')), ({ first, second }) =>
    Tapped(first, second),
  ),
]

export const graphPlugin = (): Plugin =>
  definePlugin({ name: 'test-graph-rules', rules: graphRules.map(({ rule }) => rule) })
