import {
  Add,
  type AnyModule,
  BatchNorm2d,
  type BatchNormModule,
  Conv2d,
  ConvAdd2d,
  ConvAddReLU2d,
  type ConvModule,
  ReLU,
} from '@nnfuse/ir'
import { any, type Guard, op, type Rule, rule } from '@nnfuse/matcher'
import { foldable } from './guards.js'
import { intoConv } from './rules.js'

/*
 * relu(bn(conv(x)) + y): the batch-norm is folded, and the convolution held together with the addition. Folding first
 * and adding in a second round would give the same but where both operands are convolutions: taken whole, the one with
 * the batch-norm wins, for its pattern is longer.
 */

interface Captures {
  readonly conv: ConvModule
  readonly bn: BatchNormModule
}

type Foldable = (typeof foldable)[number]

/** A guard of the chains, asked of the captured layers. */
const ofCaptures =
  (guard: Foldable): Guard<readonly AnyModule[], Captures> =>
  (cx) => {
    const { conv, bn } = cx.captures
    return guard({ ...cx, modules: [conv, bn, ...cx.modules.slice(2)] })
  }

const options = { when: foldable.map(ofCaptures), eliminates: [BatchNorm2d], benefit: 1 }

const sum = op(Add, op(BatchNorm2d, op(Conv2d).as('conv')).as('bn'), any('y'))

/**
 * Convolution, batch-norm and an addition, with or without ReLU: folded, and held together as `nni.ConvAdd2d` and
 * `nni.ConvAddReLU2d`. For backends that have such kernels.
 */
export const convBnAddRules: readonly Rule[] = [
  rule('conv2d-bn-add', sum, ({ conv, bn }) => ConvAdd2d(intoConv(conv, bn)), options),
  rule(
    'conv2d-bn-add-relu',
    op(ReLU, sum).as('relu'),
    ({ conv, bn, relu }) => ConvAddReLU2d(intoConv(conv, bn), relu),
    options,
  ),
]
