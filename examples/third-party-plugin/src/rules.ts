import { Conv2d, ConvReLU2d, Linear, Mul, ReLU } from '@nnfuse/ir'
import { any, decline, op, type Rule, rule } from '@nnfuse/matcher'
import { LinearSquaredReLU, SquaredReLU } from './squared-relu.js'

/*
 * Files know no squared ReLU: they have relu(x) and its product with itself. Found, it goes into one kernel with the
 * linear layer before it. No number changes.
 */

const positive = op(ReLU, any('x')).as('relu')

export const rules = (depthwise: boolean): readonly Rule[] => [
  rule('squared-relu', op(Mul, positive, any('relu')), () => SquaredReLU(), {
    benefit: 1, // before the ReLU is held together with the linear layer
    exactness: 'bits',
  }),
  rule('linear-squared-relu', [Linear, SquaredReLU], (linear, relu) => LinearSquaredReLU(linear, relu), {
    exactness: 'bits',
  }),
  // The same pattern as nnfuse's own `conv2d-relu`, so this one is used instead.
  rule('dense-conv2d-relu', [Conv2d, ReLU], (conv, relu) => ConvReLU2d(conv, relu), {
    exactness: 'bits',
    when: [
      ({ modules: [conv], paths }) =>
        depthwise ||
        conv.attrs.groups === 1 ||
        decline(
          `${paths[0]} has ${conv.attrs.groups} groups, and the backend no kernel for that with a ReLU`,
        ),
    ],
  }),
]
