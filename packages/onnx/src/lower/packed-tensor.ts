import { decode, deferredTensor, type IntegerFormat, type Tensor } from '@nnfuse/ir'

type PackedType = NonNullable<IntegerFormat['dtype']>

/** Two numbers a byte, the first in its lower half; what is left over is zeros. */
const pack = (numbers: ArrayLike<number>): Uint8Array => {
  const bytes = new Uint8Array(Math.ceil(numbers.length / 2))
  for (let i = 0; i < numbers.length; i += 1) {
    const half = (numbers[i] as number) & 0xf
    bytes[i >> 1] = (bytes[i >> 1] as number) | (i % 2 === 0 ? half : half << 4)
  }
  return bytes
}

/** A tensor that several layers share is packed once. */
const known = new WeakMap<Tensor, Tensor>()

/** A tensor of int8 or uint8 as one of 4 bits, within which its numbers must be. */
export const packedTensor = (tensor: Tensor, dtype: PackedType): Tensor => {
  const packed =
    known.get(tensor) ??
    deferredTensor(dtype, tensor.shape, [tensor], (bytes) =>
      pack(decode(bytes, tensor.dtype) as ArrayLike<number>),
    )
  known.set(tensor, packed)
  return packed
}
