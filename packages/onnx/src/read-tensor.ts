import {
  type ByteSource,
  byteLength,
  type DType,
  deferredTensor,
  sliceTensor,
  type Tensor,
  tensorOf,
} from '@nnfuse/ir'
import { type TensorProto, TensorProto_DataLocation } from 'onnx-buf'
import { dtypeOf } from './data-types.js'
import { badTensor, tensorSize, unreadTensorData } from './errors.js'
import { type OpenExternal, readExternal } from './external-data.js'
import { type IndexedTensor, type Payload, smallTensor } from './index-tensor.js'
import { packedField, typedData } from './typed-data.js'
import { joinBytes, type Span } from './wire.js'

/** Where the large data of tensors is. */
export interface TensorSource {
  readonly file: ByteSource
  readonly openExternal: OpenExternal | undefined
}

const rawDataField = 9

/** @throws NnfuseError `ONNX_BAD_TENSOR` for dimensions that no tensor has. */
const shapeOf = ({ name, dims }: TensorProto): number[] => {
  const wrong = dims.find((dim) => dim < 0n || dim > BigInt(Number.MAX_SAFE_INTEGER))
  if (wrong !== undefined) throw badTensor(name, `has a dimension of ${wrong}`)
  const count = dims.reduce((product, dim) => product * dim, 1n)
  if (count > BigInt(Number.MAX_SAFE_INTEGER) / 16n) throw badTensor(name, `has ${count} elements`)
  return dims.map(Number)
}

const knownDtype = ({ name, dataType }: TensorProto): DType => {
  const dtype = dtypeOf(dataType)
  if (dtype === undefined) throw badTensor(name, `has data type ${dataType}, which ONNX does not know`)
  return dtype
}

const unread = new WeakSet<Tensor>()

/** A tensor whose data nobody looks at; it stays in the file. */
export const unreadTensor = (proto: TensorProto): Tensor => {
  const tensor = deferredTensor(knownDtype(proto), shapeOf(proto), [], () => {
    throw unreadTensorData(proto.name)
  })
  unread.add(tensor)
  return tensor
}

/** Whether a tensor is passed through without a look at its data: nothing can be computed from it. */
export const isUnread = (tensor: Tensor): boolean => unread.has(tensor)

/** Strings have no fixed size, and what a segment says nobody knows: no exporter has ever written one. */
const passesThrough = ({ dataType, segment }: TensorProto): boolean =>
  dtypeOf(dataType) === 'string' || segment !== undefined

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

/** A list in several pieces, each of which stays in the file. */
const inPieces = (
  name: string,
  { dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>,
  pieces: readonly Span[],
  source: ByteSource,
): Tensor => {
  const parts = pieces.map(({ start, end }) => sliceTensor('uint8', [end - start], source, start))
  const size = parts.reduce((sum, part) => sum + byteLength(part), 0)
  if (size !== byteLength({ dtype, shape })) throw tensorSize(name, { dtype, shape }, size)
  return deferredTensor(dtype, shape, parts, (...bytes) => joinBytes(bytes))
}

const fromPayload = async (
  header: TensorProto,
  type: Pick<Tensor, 'dtype' | 'shape'>,
  { field, pieces }: Payload,
  source: ByteSource,
): Promise<Tensor> => {
  const raw = field === rawDataField
  if (!raw && packedField(type.dtype) !== field)
    throw badTensor(header.name, 'holds data of another type than it says')
  if (header.rawData.length + header.floatData.length + header.doubleData.length > 0) {
    throw badTensor(header.name, 'holds its data twice')
  }
  const [only, second] = pieces as readonly [Span, ...Span[]]
  if (second) return inPieces(header.name, type, pieces, source)
  return await inFile(header.name, type, { source, offset: only.start, length: only.end - only.start })
}

/** Lists that may hold a tensor's numbers; raw_data stands in place of all of them. */
const lists = ['floatData', 'int32Data', 'int64Data', 'doubleData', 'uint64Data'] as const

/** In how many fields a tensor holds data. */
const filledFields = (proto: TensorProto): number =>
  lists.filter((list) => proto[list].length > 0).length + Math.min(proto.rawData.length, 1)

const checkOnce = (proto: TensorProto): void => {
  if (filledFields(proto) > 1) throw badTensor(proto.name, 'holds its data twice')
}

/** A tensor inside a message, such as the value of a Constant node. Its data is in memory already. */
export const tensorOfProto = (proto: TensorProto): Tensor => {
  if (passesThrough(proto)) return unreadTensor(proto)
  const [dtype, shape] = [knownDtype(proto), shapeOf(proto)]
  checkOnce(proto)
  const bytes = proto.rawData.length > 0 ? proto.rawData : typedData(dtype, proto)
  return inMemory(proto.name, dtype, shape, bytes)
}

/** Whether the data is in a file of its own. */
export const isExternal = ({ dataLocation }: TensorProto): boolean =>
  dataLocation === TensorProto_DataLocation.EXTERNAL

/** Data of its own would stand beside what is written into it; onnx.checker refuses such a tensor as well. */
const checkElsewhere = ({ header, payload }: IndexedTensor): void => {
  if (payload || filledFields(header) > 0)
    throw badTensor(header.name, 'is in another file, but holds data as well')
}

/**
 * An initializer as a tensor: its data is left in the file where it is large.
 *
 * @throws NnfuseError `ONNX_BAD_TENSOR`, `ONNX_TENSOR_SIZE`, `ONNX_EXTERNAL_DATA` naming the tensor.
 */
export const readTensor = async (indexed: IndexedTensor, from: TensorSource): Promise<Tensor> => {
  const { header, payload } = indexed
  if (passesThrough(header)) return unreadTensor(header)
  const type = { dtype: knownDtype(header), shape: shapeOf(header) }
  if (isExternal(header)) {
    checkElsewhere(indexed)
    return inFile(header.name, type, await readExternal(header, byteLength(type), from.openExternal))
  }
  if (payload) return fromPayload(header, type, payload, from.file)
  return tensorOfProto(header)
}
