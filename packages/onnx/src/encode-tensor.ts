import { clearField, clone, create, toBinary } from '@bufbuild/protobuf'
import { byteLength, type Tensor } from '@nnfuse/ir'
import {
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from 'onnx-buf'
import { dataTypeOf } from './data-types.js'
import { stringsStay } from './errors.js'
import type { ExternalLayout, ExternalPlace } from './external-layout.js'
import { bytesSegment, fieldHeader, type Segment } from './segments.js'

const rawDataField = 9

/** The data comes last, so that it can be streamed. */
const withData = (header: TensorProto, tensor: Tensor): Segment[] => [
  bytesSegment(toBinary(TensorProtoSchema, header)),
  bytesSegment(fieldHeader(rawDataField, byteLength(tensor))),
  { type: 'tensor', tensor },
]

const withPlace = (header: TensorProto, place: ExternalPlace): Segment[] => {
  header.dataLocation = TensorProto_DataLocation.EXTERNAL
  header.externalData = Object.entries(place).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value: String(value) }),
  )
  return [bytesSegment(toBinary(TensorProtoSchema, header))]
}

/** With its data, or with the place of its data in another file. */
const encode = (header: TensorProto, tensor: Tensor, external: ExternalLayout | undefined): Segment[] =>
  external?.takes(tensor) ? withPlace(header, external.place(tensor)) : withData(header, tensor)

/**
 * A new initializer.
 *
 * @throws NnfuseError `CANNOT_EXPRESS` for strings, which are passed through unread with the file that they stand in
 */
export const encodeTensor = (
  name: string,
  tensor: Tensor,
  external: ExternalLayout | undefined,
): Segment[] => {
  if (tensor.dtype === 'string') throw stringsStay(name)
  const dims = tensor.shape.map(BigInt)
  const header = create(TensorProtoSchema, { name, dims, dataType: dataTypeOf(tensor.dtype) })
  return encode(header, tensor, external)
}

const { field: fields } = TensorProtoSchema

/** Everything that says what a tensor's data is, or where. */
const dataFields = [
  fields.rawData,
  fields.floatData,
  fields.int32Data,
  fields.int64Data,
  fields.doubleData,
  fields.uint64Data,
  fields.externalData,
  fields.dataLocation,
]

/** An initializer of the file that keeps everything but the place of its data. */
export const relocateTensor = (
  header: TensorProto,
  tensor: Tensor,
  external: ExternalLayout | undefined,
): Segment[] => {
  const proto = clone(TensorProtoSchema, header)
  for (const field of dataFields) clearField(proto, field)
  return encode(proto, tensor, external)
}
