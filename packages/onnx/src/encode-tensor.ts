import { clearField, clone, create, toBinary } from '@bufbuild/protobuf'
import { byteLength, type Tensor } from '@nnfuse/ir'
import { type TensorProto, TensorProtoSchema } from 'onnx-buf'
import { dataTypeOf } from './data-types.js'
import { stringsStay } from './errors.js'
import { bytesSegment, fieldHeader, type Segment } from './segments.js'

const rawDataField = 9

/** The data comes last, so that it can be streamed. */
const withData = (header: TensorProto, tensor: Tensor): Segment[] => [
  bytesSegment(toBinary(TensorProtoSchema, header)),
  bytesSegment(fieldHeader(rawDataField, byteLength(tensor))),
  { type: 'tensor', tensor },
]

/**
 * A new initializer.
 *
 * @throws NnfuseError `CANNOT_EXPRESS` for strings, which are passed through unread with the file that they stand in
 */
export const encodeTensor = (name: string, tensor: Tensor): Segment[] => {
  if (tensor.dtype === 'string') throw stringsStay(name)
  const dims = tensor.shape.map(BigInt)
  return withData(create(TensorProtoSchema, { name, dims, dataType: dataTypeOf(tensor.dtype) }), tensor)
}

/** An initializer whose data was in another file, now with its data. */
export const embedTensor = (header: TensorProto, tensor: Tensor): Segment[] => {
  const proto = clone(TensorProtoSchema, header)
  proto.externalData = []
  clearField(proto, TensorProtoSchema.field.dataLocation)
  return withData(proto, tensor)
}
