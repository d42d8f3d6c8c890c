import { Add, BatchNorm2d, Constant, Conv1d, Conv2d, type ConvModule, ReLU, Sigmoid } from '@nnfuse/ir'
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
