import {
  Add,
  Conv2d,
  fusedKind,
  graphModule,
  type Kind,
  kind,
  Linear,
  ReLU,
  Sequential,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import { any, op, type Rule, rule } from '@nnfuse/matcher'
import type { Plugin } from '@nnfuse/pass-manager'
import { foldIntoConv } from './folding.js'

/* Rules that each break a law. The counterexamples that the kit prints of them are compiled and run. */

/** Called with something else than its attributes. */
export const Scale: Kind<'acme.Scale', { readonly factor: Tensor }, [factor: Tensor]> = kind('acme.Scale', {
  create: (factor) => ({ attrs: { factor } }),
  forward: (ops, { attrs }, x) => ops.mul(x, ops.constant(attrs.factor)),
  parameters: { factor: 'factor' },
})

/** A name that one of ours has, too. */
export const AcmeReLU: Kind<'acme.ReLU', { readonly slope: number }, []> = kind('acme.ReLU', {
  create: () => ({ attrs: { slope: 0 } }),
  forward: (ops, _module, x) => ops.relu(x),
})

export const LinearScale = fusedKind('acme.LinearScale', [Linear, Scale])

const dropsBias = foldIntoConv({ centred: (_, mean) => -mean })
const forgetsScale = rule('scale-relu', [Scale, AcmeReLU], (_, relu) => relu)
const addsTwice = rule('conv2d-add', op(Add, op(Conv2d).as('conv'), any('y')), ({ conv }) =>
  graphModule({ conv, add: Add() }, (m, x, y) => m.add(m.add(m.conv(x), y), y)),
)
const forgetsReLU = rule('twice-relu', [LinearScale, ReLU], (layer) => layer)
const losesBias = rule('conv2d-relu', [Conv2d, ReLU], (conv, relu, cx) =>
  conv.attrs.bias === null
    ? cx.decline('there is no bias')
    : Sequential([withAttrs(conv, { bias: null }), relu]),
)

const broken: readonly Rule[] = [dropsBias, forgetsScale, addsTwice, forgetsReLU, losesBias]

const declining = (known: Rule): Rule => ({ ...known, rewrite: (cx) => cx.decline('repaired') })

/** Repaired, the rules apply no more, so they break none but the counts. */
export const plugin: Plugin = {
  name: '@acme/broken',
  kinds: [Scale, AcmeReLU, LinearScale],
  rules: process.env['REPAIRED'] === undefined ? broken : broken.map(declining),
}
