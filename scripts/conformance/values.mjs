// Values as the backend tests keep them, and as ONNX Runtime takes and gives them.

import { fromBinary } from '../../examples/node_modules/@bufbuild/protobuf/dist/esm/index.js'
import { TensorProtoSchema } from '../../examples/node_modules/onnx-buf/dist/onnx_pb.js'
import { decodeFloats } from '../../packages/ir/dist/index.js'
import { Tensor } from './onnx-runtime.mjs'

/**
 * @typedef {import('../../examples/node_modules/onnx-buf/dist/onnx_pb.js').ValueInfoProto} ValueInfo
 * @typedef {import('../../examples/node_modules/onnx-buf/dist/onnx_pb.js').TensorProto} TensorProto
 * @typedef {import('./onnx-runtime.mjs').OrtTensor} OrtTensor
 * @typedef {{ name: string, proto: TensorProto | undefined, tensor: OrtTensor | undefined, unread: string }} Value
 * what onnxruntime-node has no type for has no tensor: `unread` says what it is
 */

/** ONNX's data types that onnxruntime-node takes: its name, how elements lie in memory, and the field of few elements. */
const types = /** @type {Record<number, [type: string, List: any, field: string]>} */ ({
  1: ['float32', Float32Array, 'floatData'],
  2: ['uint8', Uint8Array, 'int32Data'],
  3: ['int8', Int8Array, 'int32Data'],
  4: ['uint16', Uint16Array, 'int32Data'],
  5: ['int16', Int16Array, 'int32Data'],
  6: ['int32', Int32Array, 'int32Data'],
  7: ['int64', BigInt64Array, 'int64Data'],
  9: ['bool', Uint8Array, 'int32Data'],
  10: ['float16', Uint16Array, 'int32Data'],
  11: ['float64', Float64Array, 'doubleData'],
  12: ['uint32', Uint32Array, 'uint64Data'],
  13: ['uint64', BigUint64Array, 'uint64Data'],
})

const text = new TextDecoder()

/** @param {TensorProto} proto */
const tensorOf = (proto) => {
  const dims = proto.dims.map(Number)
  if (proto.dataType === 8)
    return new Tensor(
      'string',
      proto.stringData.map((bytes) => text.decode(bytes)),
      dims,
    )
  const [type, List, field] = types[proto.dataType] ?? []
  if (type === undefined) return undefined
  const data =
    proto.rawData.length > 0
      ? new List(proto.rawData.slice().buffer)
      : List.from(/** @type {any} */ (proto)[field ?? ''], type === 'uint32' ? Number : undefined)
  return new Tensor(type, data, dims)
}

/**
 * @param {Uint8Array} bytes
 * @param {ValueInfo | undefined} info
 * @returns {Value}
 */
export const readValue = (bytes, info) => {
  const name = info?.name ?? ''
  const kind = info?.type?.value.case
  if (kind !== 'tensorType')
    return { name, proto: undefined, tensor: undefined, unread: `a ${String(kind).replace('Type', '')}` }
  const proto = fromBinary(TensorProtoSchema, new Uint8Array(bytes))
  return { name, proto, tensor: tensorOf(proto), unread: `data type ${proto.dataType}` }
}

/**
 * i / n for the n elements of a float input: what ONNX's runner gives to the models of the folder `light`.
 *
 * @param {ValueInfo} info
 * @returns {Value}
 */
export const ramp = ({ name, type }) => {
  const dims = type?.value.case === 'tensorType' ? (type.value.value.shape?.dim ?? []) : []
  const sizes = dims.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : 1))
  const count = sizes.reduce((product, size) => product * size, 1)
  const data = Float32Array.from({ length: count }, (_, i) => i / count)
  return { name, proto: undefined, tensor: new Tensor('float32', data, sizes), unread: '' }
}

/** @param {OrtTensor} tensor */
const bytesOf = ({ data }) => {
  const { buffer, byteOffset, byteLength } = /** @type {Uint8Array} */ (data)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/**
 * @param {OrtTensor} tensor
 * @returns {ArrayLike<number | bigint | string>}
 */
const elementsOf = (tensor) =>
  tensor.type === 'float16' ? decodeFloats(bytesOf(tensor), 'float16') : /** @type {any} */ (tensor.data)

/**
 * @param {OrtTensor} a
 * @param {OrtTensor} b
 */
const isSameType = (a, b) => a.type === b.type && a.dims.join() === b.dims.join()

/**
 * @param {OrtTensor} a
 * @param {OrtTensor} b
 * @returns {boolean} whether they are the same to the bit
 */
export const isExact = (a, b) =>
  isSameType(a, b) &&
  (a.type === 'string'
    ? JSON.stringify(a.data) === JSON.stringify(b.data)
    : Buffer.compare(bytesOf(a), bytesOf(b)) === 0)

/**
 * @param {number | bigint | string} a
 * @param {number | bigint | string} b
 * @param {{ rtol: number, atol: number }} tolerance
 */
const isNear = (a, b, { rtol, atol }) => {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  if (typeof a === 'string') return false
  return Math.abs(Number(a) - Number(b)) <= atol + rtol * Math.abs(Number(b)) && Number.isFinite(Number(b))
}

/**
 * As numpy's `assert_allclose`, which ONNX's runner compares with.
 *
 * @param {OrtTensor} actual
 * @param {OrtTensor} wanted
 * @param {{ rtol: number, atol: number }} tolerance
 */
export const isClose = (actual, wanted, tolerance) => {
  if (!isSameType(actual, wanted)) return false
  const [a, b] = [elementsOf(actual), elementsOf(wanted)]
  for (let i = 0; i < b.length; i += 1) {
    if (!isNear(a[i] ?? Number.NaN, b[i] ?? Number.NaN, tolerance)) return false
  }
  return true
}
