import type { Tensor } from '@nnfuse/ir'
import { TensorProtoSchema } from 'onnx-buf'
import { atPlace, emptyFile, noExternal } from './errors.js'
import { parseMessage } from './parse-message.js'
import { isExternal, tensorOfProto } from './read-tensor.js'

/** A tensor with the name that its file gives it; '' for none. */
export interface NamedTensor {
  readonly name: string
  readonly tensor: Tensor
}

/**
 * A tensor from a file of its own: a serialized TensorProto, as ONNX's test data has them (`input_0.pb`).
 *
 * @param source shown in errors
 * @throws NnfuseError `ONNX_EMPTY`, `ONNX_MALFORMED`, `ONNX_BAD_TENSOR`, `ONNX_TENSOR_SIZE`, and `ONNX_EXTERNAL_DATA`
 * for one whose data is in another file. Strings and segments cannot be read: reading such a tensor's bytes throws.
 */
export const parseTensor = (bytes: Uint8Array, source: string): NamedTensor => {
  if (bytes.length === 0) throw emptyFile(source)
  const proto = parseMessage(TensorProtoSchema, bytes, source, 0)
  const { name, externalData } = proto
  try {
    if (isExternal(proto))
      throw noExternal(name, externalData.find(({ key }) => key === 'location')?.value ?? '')
    return { name, tensor: tensorOfProto(proto) }
  } catch (error) {
    throw atPlace(error, source)
  }
}
