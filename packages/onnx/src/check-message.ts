import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/*
 * protobuf-es takes a field for what its number says, however it is written: a number where a text is meant is read as the
 * length of one, and all behind it as something else than who goes by the wire sees. And it reads what is not UTF-8 as
 * U+FFFD; only in a message that has this character are texts looked at again.
 */

const eightBytes = new Set([ScalarType.DOUBLE, ScalarType.FIXED64, ScalarType.SFIXED64])
const fourBytes = new Set([ScalarType.FLOAT, ScalarType.FIXED32, ScalarType.SFIXED32])
const delimited = new Set([ScalarType.STRING, ScalarType.BYTES])

const wireOf = (scalar: ScalarType): WireType => {
  if (eightBytes.has(scalar)) return WireType.Bit64
  if (fourBytes.has(scalar)) return WireType.Bit32
  return delimited.has(scalar) ? WireType.LengthDelimited : WireType.Varint
}

/** How a field may be written: lists of numbers one by one, or packed. */
const wiresOf = (field: DescField): ReadonlySet<WireType> => {
  if (field.message) return new Set([WireType.LengthDelimited])
  const wire = wireOf(field.scalar ?? ScalarType.INT32) // enums are numbers
  return new Set(field.fieldKind === 'list' ? [wire, WireType.LengthDelimited] : [wire])
}

interface Known {
  readonly field: DescField
  readonly wires: ReadonlySet<WireType>
}

const fieldsOf = new WeakMap<DescMessage, ReadonlyMap<number, Known>>()

const knownFields = (schema: DescMessage): ReadonlyMap<number, Known> => {
  const found = fieldsOf.get(schema)
  if (found) return found
  const known = new Map(schema.fields.map((field) => [field.number, { field, wires: wiresOf(field) }]))
  fieldsOf.set(schema, known)
  return known
}

const strict = new TextDecoder('utf-8', { fatal: true })

/**
 * Makes sure that the fields of a message, and of those in it, are written as what they are. Unknown fields may be
 * anything.
 *
 * @param texts whether to make sure that texts are UTF-8, too
 * @throws Error where one is not, or the bytes are no message
 */
const checkFields = (schema: DescMessage, bytes: Uint8Array, texts: boolean): void => {
  const known = knownFields(schema)
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const { field, wires } = known.get(number) ?? {}
    if (wires?.has(wire) === false)
      throw new Error(`field ${number}, ${field?.name}, is written as another type`)
    if (field?.message) checkFields(field.message, reader.bytes(), texts)
    else if (texts && field?.scalar === ScalarType.STRING) strict.decode(reader.bytes())
    else reader.skip(wire, number)
  }
}

const hasReplacement = (value: unknown): boolean => {
  if (typeof value === 'string') return value.includes('\ufffd')
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) return typeof value[0] !== 'number' && value.some(hasReplacement)
  return Object.values(value).some(hasReplacement)
}

/**
 * Makes sure that a message is what its bytes say.
 *
 * @throws Error where a field is written as another type; TypeError where a text is not UTF-8
 */
export const checkMessage = (schema: DescMessage, message: unknown, bytes: Uint8Array): void =>
  checkFields(schema, bytes, hasReplacement(message))
