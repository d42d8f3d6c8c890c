import {
  type AnyModule,
  kind,
  Linear,
  type LinearAttrs,
  manualSeed,
  Sequential,
  withTraining,
} from '@nnfuse/ir'
import { FakeQuantize, fakeQuantize, prepareQat, type QatSwap, qconfigs, toFloat } from '@nnfuse/quantization'
import { testSwap } from '@nnfuse/testing'
import { test } from 'vitest' // or from 'node:test'

/** A linear layer of our own that quantizes its weight. */
const QatLinear = kind('acme.QatLinear', {
  create: (attrs: LinearAttrs, fq: AnyModule) => ({ attrs, children: new Map([['weight_fake_quant', fq]]) }),
  forward: (ops, { attrs, children }, x) => {
    const fq = children.get('weight_fake_quant') as AnyModule
    const [weight] = ops.call('weight_fake_quant', fq, [ops.constant(attrs.weight)])
    return ops.linear(x, attrs, { weight: weight as typeof x })
  },
  parameters: { weight: 'weight', bias: 'bias' },
})

const inModeOf = ({ training }: AnyModule, made: AnyModule): AnyModule => withTraining(made, training)

const swap: QatSwap = {
  from: Linear,
  prepare: (module, { weight }) =>
    inModeOf(
      module,
      QatLinear(module.attrs as LinearAttrs, inModeOf(module, FakeQuantize({ ...weight, axis: null }))),
    ),
}
const conversion = {
  from: QatLinear,
  toFloat: (module: AnyModule) => inModeOf(module, Linear(module.attrs as LinearAttrs)),
}

testSwap(
  (model) => prepareQat(model, { default: qconfigs.qat.qnnpack }, { swaps: [swap], activations: false }),
  {
    swaps: {
      linear: { model: Sequential({ fc: manualSeed(0).Linear(3, 4) }), becomes: { fc: 'acme.QatLinear' } },
    },
  },
  {
    test,
    plain: (root) => fakeQuantize(root, false),
    back: (model) => toFloat(model, { conversions: [conversion] }),
  },
)
