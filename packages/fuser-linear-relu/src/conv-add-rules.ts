import { Add, Conv2d, ConvAdd2d, ConvAddReLU2d, ReLU } from '@nnfuse/ir'
import { any, op, type Rule, rule } from '@nnfuse/matcher'

/*
 * relu(conv(x) + y), held together so that a backend adds within the convolution's kernel, as oneDNN does. No weight
 * changes, so the rules apply in both modes. Where two convolutions are added, the first written is the one that
 * takes the sum. With a batch-norm in between, the rules of @nnfuse/fuser-conv-bn fold it and add.
 */

const sum = op(Add, op(Conv2d).as('conv'), any('y'))

/** Convolution and addition, with or without ReLU, held together. For backends that have such kernels. */
export const convAddRules: readonly Rule[] = [
  rule('conv2d-add', sum, ({ conv }) => ConvAdd2d(conv)),
  rule('conv2d-add-relu', op(ReLU, sum).as('relu'), ({ conv, relu }) => ConvAddReLU2d(conv, relu)),
]
