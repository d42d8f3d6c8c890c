import { BatchNorm2d, Conv1d, Conv2d, type ConvModule, ReLU, ReLU6 } from '@nnfuse/ir'
import { decline, type Guard, oneOf, rule, where } from './index.js'

// The tuple of kinds types the arguments: no annotation is needed.
rule('conv-bn', [Conv2d, BatchNorm2d], (conv, bn, cx) => {
  const features: number = bn.attrs.numFeatures
  return conv.attrs.groups === features ? conv : cx.decline(`${cx.paths.length}`)
})

// A rewrite may leave out what it does not need.
rule('conv', [Conv2d, ReLU], (conv) => conv)

// @ts-expect-error ReLU has no numFeatures
rule('conv-relu', [Conv2d, ReLU], (_conv, relu) => relu.attrs.numFeatures)

// @ts-expect-error one parameter too many
rule('conv-bn', [Conv2d, BatchNorm2d], (conv, _bn, _cx, _more) => conv)

// @ts-expect-error a string is no module
rule('conv-bn', [Conv2d, BatchNorm2d], () => 'fused')

// A slot with a choice gives the union of its kinds.
rule('any-conv', [oneOf(Conv1d, Conv2d), ReLU], (conv) => {
  const either: ConvModule = conv
  return either
})

const needsNorm: Guard<readonly [ConvModule, ReturnType<typeof BatchNorm2d>]> = ({ modules: [, bn] }) =>
  bn.attrs.eps > 0 || decline('no epsilon')

rule('conv-bn', [Conv2d, BatchNorm2d], (conv) => conv, { when: [needsNorm] })

// @ts-expect-error the guard wants a batch-norm where a ReLU stands
rule('conv-relu6', [Conv2d, ReLU6], (conv) => conv, { when: [needsNorm] })

// @ts-expect-error convolutions have no such attribute
where(Conv2d, { kernel: 3 })
