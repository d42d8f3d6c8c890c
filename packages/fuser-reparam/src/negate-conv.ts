import { decodeFloats, deferredTensor, encode, type FloatDType, type Tensor } from '@nnfuse/ir'
import type { PaddedConv } from './resolve-padding.js'

const negated = (tensor: Tensor): Tensor => {
  const dtype = tensor.dtype as FloatDType
  return deferredTensor(dtype, tensor.shape, [tensor], (bytes) =>
    encode(
      Float64Array.from(decodeFloats(bytes as Uint8Array, dtype), (x) => -x),
      dtype,
    ),
  )
}

/** `-conv(x, W) = conv(x, -W)`: only signs change, so nothing is rounded. */
export const negateConv = (conv: PaddedConv): PaddedConv => ({
  ...conv,
  weight: negated(conv.weight),
  bias: conv.bias && negated(conv.bias),
})
