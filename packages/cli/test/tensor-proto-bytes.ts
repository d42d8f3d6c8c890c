/** Numbers as protobuf writes them, seven bits a byte. */
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]

const numberField = (field: number, value: number): Uint8Array =>
  Uint8Array.from([field * 8, ...varint(value)])

const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from([field * 8 + 2, ...varint(bytes.length)]), bytes])

/** A serialized TensorProto with floats, as ONNX's test data has them; without a name unless it is given one. */
export const float32Proto = (
  shape: readonly number[],
  values: readonly number[],
  name?: string,
): Uint8Array =>
  Buffer.concat([
    ...shape.map((size) => numberField(1, size)),
    numberField(2, 1),
    ...(name === undefined ? [] : [bytesField(8, Buffer.from(name))]),
    bytesField(9, new Uint8Array(Float32Array.from(values).buffer)),
  ])
