import {
  type ByteSource,
  byteLength,
  type DType,
  deferredTensor,
  NnfuseError,
  sliceTensor,
  type Tensor,
  tensorOf,
} from '@nnfuse/ir'
import { type TensorProto, TensorProto_DataLocation } from 'onnx-buf'
import { dtypeOf } from './data-types.js'
import { badTensor, tensorSize } from './errors.js'
import { type OpenExternal, readExternal } from './external-data.js'
import { type IndexedTensor, smallTensor } from './index-tensor.js'
import { packedField, typedData } from './typed-data.js'

/** Where the large data of tensors is. */
export interface TensorSource {
  readonly file: ByteSource
  readonly openExternal: OpenExternal | undefined
}

const rawDataField = 9

/** @throws NnfuseError `ONNX_BAD_TENSOR` for dimensions that no tensor has. */
const shapeOf = ({ name, dims }: TensorProto): number[] => {
  const negative = dims.find((dim) => dim < 0n)
  if (negative !== undefined) throw badTensor(name, `has a dimension of ${negative}`)
  const count = dims.reduce((product, dim) => product * dim, 1n)
  if (count > BigInt(Number.MAX_SAFE_INTEGER) / 16n) throw badTensor(name, `has ${count} elements`)
  return dims.map(Number)
}

const knownDtype = ({ name, dataType }: TensorProto): DType => {
  const dtype = dtypeOf(dataType)
  if (dtype === undefined) throw badTensor(name, `has data type ${dataType}, which ONNX does not know`)
  return dtype
}

/** A tensor of strings: it stays in the file, nobody computes with it. */
const unreadable = (dtype: DType, shape: readonly number[]): Tensor =>
  deferredTensor(dtype, shape, [], () => {
    throw new NnfuseError('DTYPE_UNREADABLE', `sparse tensors and strings (${dtype}) pass through unread`)
  })

/** A tensor whose data nobody looks at; it stays in the file. */
export const unreadTensor = (proto: TensorProto, dims: readonly bigint[]): Tensor =>
  unreadable(knownDtype(proto), dims.map(Number))

const inMemory = (name: string, dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor => {
  if (bytes.length !== byteLength({ dtype, shape })) throw tensorSize(name, { dtype, shape }, bytes.length)
  return tensorOf(dtype, shape, bytes)
}

/** A large tensor stays in its file; a small one is read at once, so that shapes and scalars are at hand. */
const inFile = async (
  name: string,
  type: Pick<Tensor, 'dtype' | 'shape'>,
  data: { readonly source: ByteSource; readonly offset: number; readonly length: number },
): Promise<Tensor> => {
  if (data.length !== byteLength(type)) throw tensorSize(name, type, data.length)
  if (data.length > smallTensor) return sliceTensor(type.dtype, type.shape, data.source, data.offset)
  return tensorOf(type.dtype, type.shape, new Uint8Array(await data.source.read(data.offset, data.length)))
}

const fromPayload = (
  header: TensorProto,
  type: Pick<Tensor, 'dtype' | 'shape'>,
  { field, start, end }: NonNullable<IndexedTensor['payload']>,
  source: ByteSource,
): Promise<Tensor> => {
  const raw = field === rawDataField
  if (!raw && packedField(type.dtype) !== field)
    throw badTensor(header.name, 'holds data of another type than it says')
  if (header.rawData.length + header.floatData.length + header.doubleData.length > 0) {
    throw badTensor(header.name, 'holds its data twice')
  }
  return inFile(header.name, type, { source, offset: start, length: end - start })
}

/** A tensor inside a message, such as the value of a Constant node. Its data is in memory already. */
export const tensorOfProto = (proto: TensorProto): Tensor => {
  const [dtype, shape] = [knownDtype(proto), shapeOf(proto)]
  if (dtype === 'string') return unreadable(dtype, shape)
  const bytes = proto.rawData.length > 0 ? proto.rawData : typedData(dtype, proto)
  return inMemory(proto.name, dtype, shape, bytes)
}

/** Whether the data is in a file of its own. */
export const isExternal = ({ dataLocation }: TensorProto): boolean =>
  dataLocation === TensorProto_DataLocation.EXTERNAL

/**
 * An initializer as a tensor: its data is left in the file where it is large.
 *
 * @throws NnfuseError `ONNX_BAD_TENSOR`, `ONNX_TENSOR_SIZE`, `ONNX_EXTERNAL_DATA` naming the tensor.
 */
export const readTensor = async ({ header, payload }: IndexedTensor, from: TensorSource): Promise<Tensor> => {
  const type = { dtype: knownDtype(header), shape: shapeOf(header) }
  if (type.dtype === 'string') return unreadable(type.dtype, type.shape)
  if (isExternal(header)) {
    return inFile(header.name, type, await readExternal(header, byteLength(type), from.openExternal))
  }
  if (payload) return fromPayload(header, type, payload, from.file)
  return tensorOfProto(header)
}
