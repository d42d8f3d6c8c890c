import {
  Add,
  BatchNorm2d,
  Constant,
  Conv1d,
  Conv2d,
  type ConvModule,
  graphModule,
  Linear,
  ReLU,
  Sigmoid,
} from '@nnfuse/ir'
import { any, literal, oneOf, op, outputs, rule, where } from './index.js'

const residual = op(Add, op(BatchNorm2d, op(Conv2d).as('conv')).as('bn'), any('shortcut'))

// Captures are typed by their names: no annotation is needed.
rule('conv-bn-add', residual, ({ conv, bn }, cx) => {
  const features: number = bn.attrs.numFeatures
  return conv.attrs.groups === features ? conv : cx.decline(`${cx.typeOf('shortcut').dtype}`)
})

// A guard is given the same captures.
rule('conv-bn-add', residual, ({ conv }) => conv, {
  when: [({ captures: { bn }, decline }) => bn.attrs.eps > 0 || decline('no epsilon')],
})

// @ts-expect-error nothing is captured under this name
rule('conv-bn-add', residual, ({ relu }) => relu)

// @ts-expect-error an open value is no layer
rule('conv-bn-add', residual, ({ shortcut }) => shortcut)

// @ts-expect-error convolutions have no such attribute
rule('conv-add', op(Add, op(Conv2d).as('conv'), any('y')), ({ conv }) => conv.attrs.numFeatures)

// A slot may be a choice, narrowed, or a number.
rule('choice', op(Add, op(oneOf(Conv1d, Conv2d)).as('conv'), literal(1)), ({ conv }) => {
  const either: ConvModule = conv
  return either
})
rule('narrowed', op(Add, op(where(Conv2d, { groups: 1 })).as('conv'), any('y')), ({ conv }) => conv)
rule('constant', op(Add, any('x'), op(Constant).as('bias')), ({ bias }) => Constant(bias.attrs.value))

// Captures of all outputs are there.
rule(
  'both',
  outputs(op(ReLU, any('x')).as('relu'), op(Sigmoid, any('x')).as('sigmoid')),
  ({ relu, sigmoid }) => (relu.training ? relu : sigmoid),
)

// @ts-expect-error a kind is no value: write op(Conv2d)
op(Add, Conv2d, any('y'))

// @ts-expect-error a string is no module
rule('conv-bn-add', residual, () => 'fused')

// @ts-expect-error a guard sees no capture that the pattern has not
rule('conv-bn-add', residual, ({ conv }) => conv, { when: [({ captures: { relu } }) => relu.training] })

// @ts-expect-error a guard gives true or a decline
rule('conv-bn-add', residual, ({ conv }) => conv, { when: [() => 'yes'] })

// @ts-expect-error in a chain nothing is captured: its layers are arguments
rule('conv-bn', [Conv2d, BatchNorm2d], (conv) => conv, { when: [({ captures: { bn } }) => bn.training] })

// A layer that is named in two places is one capture.
const shared = op(Conv2d).as('conv')
rule('diamond', op(Add, op(ReLU, shared), op(Sigmoid, shared)), ({ conv }) => conv)

// Another output of a layer has what was captured on the way to it.
const split = op(Linear).as('linear')
rule('second', op(ReLU, split.at(1)), ({ linear }) => linear)

// @ts-expect-error of another output no further capture can be made
split.at(1).as('other')

// What was captured in one output is not there under the name of another.
rule(
  'outputs',
  outputs(op(ReLU, any('x')).as('relu'), op(Sigmoid, any('x'))),
  // @ts-expect-error the second output is not captured
  ({ sigmoid }) => sigmoid,
)

// A rewrite may make a graph, and may use nothing of the match.
rule('split', residual, ({ conv, bn }) =>
  graphModule({ conv, bn, add: Add() }, (m, x, y) => m.add(m.bn(m.conv(x)), y)),
)
rule('constant', residual, () => ReLU())

// @ts-expect-error an outputs pattern is no operand
op(Add, outputs(op(ReLU)), any('y'))

// @ts-expect-error a name is a string
any(1)

// @ts-expect-error a literal is a number
literal('0.5')

// @ts-expect-error groups are a number
op(where(Conv2d, { groups: 'all' }))

// @ts-expect-error one parameter too many
rule('conv-bn-add', residual, ({ conv }, _cx, _more) => conv)
