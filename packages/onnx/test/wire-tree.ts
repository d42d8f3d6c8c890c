import type { DescMessage } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/*
 * A protobuf message as the fields that stand in its bytes, in their order, for tests that write what no encoder
 * would: fields in another order or twice, unknown ones, lengths that lie.
 */

/** One field: its value is a number, the bytes of a string or a list, or the fields of a message. */
export interface WireField {
  number: number
  wire: number
  value: bigint | Uint8Array | WireField[]
  /** Written in place of the true length. */
  length?: bigint
  /** The type of message that the value is, if it is one. */
  readonly type?: DescMessage | undefined
}

const messageType = (type: DescMessage | undefined, number: number): DescMessage | undefined => {
  const field = type?.fields.find((candidate) => candidate.number === number)
  return field && 'message' in field ? field.message : undefined
}

const readValue = (reader: BinaryReader, wire: number): bigint | Uint8Array => {
  if (wire === WireType.Varint) return BigInt(reader.uint64())
  if (wire === WireType.LengthDelimited) return reader.bytes()
  return wire === WireType.Bit64 ? BigInt(reader.fixed64()) : BigInt(reader.fixed32())
}

/** The fields of a message, and those of the messages in it. */
export const readTree = (type: DescMessage | undefined, bytes: Uint8Array): WireField[] => {
  const reader = new BinaryReader(bytes)
  const fields: WireField[] = []
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const value = readValue(reader, wire)
    const inner = messageType(type, number)
    fields.push(
      inner && value instanceof Uint8Array
        ? { number, wire, value: readTree(inner, value), type: inner }
        : { number, wire, value },
    )
  }
  return fields
}

/** A number as a varint, however large. */
const varint = (value: bigint): Uint8Array => {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Uint8Array.from([...bytes, Number(rest)])
}

const writeField = (writer: BinaryWriter, { number, wire, value, length }: WireField): void => {
  writer.raw(varint((BigInt(number) << 3n) | BigInt(wire)))
  if (typeof value === 'bigint') {
    if (wire === WireType.Bit64) writer.fixed64(BigInt.asUintN(64, value))
    else if (wire === WireType.Bit32) writer.fixed32(Number(BigInt.asUintN(32, value)))
    else writer.raw(varint(BigInt.asUintN(70, value)))
    return
  }
  const bytes = value instanceof Uint8Array ? value : writeTree(value)
  if (wire === WireType.LengthDelimited || length !== undefined)
    writer.raw(varint(length ?? BigInt(bytes.length)))
  writer.raw(bytes)
}

/** The bytes of a message. */
export const writeTree = (fields: readonly WireField[]): Uint8Array => {
  const writer = new BinaryWriter()
  for (const field of fields) writeField(writer, field)
  return writer.finish()
}

/** A field that holds bytes. */
export const bytesField = (number: number, value: Uint8Array): WireField => ({
  number,
  wire: WireType.LengthDelimited,
  value,
})

/** A field that holds a number. */
export const numberField = (number: number, value: bigint): WireField => ({
  number,
  wire: WireType.Varint,
  value,
})

/** The fields of a message field. */
export const fieldsIn = ({ value }: WireField): WireField[] => (Array.isArray(value) ? value : [])

/** The fields at the end of a way of field numbers: `at(model, 7, 1)` are the nodes. */
export const at = (fields: readonly WireField[], ...way: readonly number[]): WireField[] => {
  const [number, ...rest] = way
  const here = fields.filter((field) => field.number === number)
  return rest.length === 0 ? here : here.flatMap((field) => at(fieldsIn(field), ...rest))
}
