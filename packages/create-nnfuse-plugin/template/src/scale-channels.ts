import { decodeFloats, deferredTensor, encode, type Tensor } from '@nnfuse/ir'

/*
 * A layer computes y[c] = sum(W[c] * x) + b[c], so factor[c] * y[c] = sum(factor[c] * W[c] * x) + factor[c] * b[c].
 */

/** `factor[c] * tensor[c, ...]`. Fusing computes no weights: this is evaluated when somebody reads it. */
export const scaleChannels = (tensor: Tensor, factor: Tensor): Tensor =>
  deferredTensor(tensor.dtype, tensor.shape, [tensor, factor], (bytes, factorBytes) => {
    const values = Float64Array.from(decodeFloats(bytes as Uint8Array, tensor.dtype))
    const factors = decodeFloats(factorBytes as Uint8Array, factor.dtype)
    const perChannel = values.length / factors.length
    return encode(
      values.map((value, i) => value * (factors[Math.floor(i / perChannel)] ?? 1)),
      tensor.dtype,
    )
  })
