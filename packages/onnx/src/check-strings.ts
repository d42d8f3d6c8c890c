import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/*
 * protobuf-es reads what is not UTF-8 as U+FFFD. Only a message that has this character is looked at again.
 */

const hasReplacement = (value: unknown): boolean => {
  if (typeof value === 'string') return value.includes('\ufffd')
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) return typeof value[0] !== 'number' && value.some(hasReplacement)
  return Object.values(value).some(hasReplacement)
}

const isString = (field: DescField | undefined): boolean =>
  field !== undefined && 'scalar' in field && field.scalar === ScalarType.STRING

const strict = new TextDecoder('utf-8', { fatal: true })

const checkField = (reader: BinaryReader, field: DescField | undefined): void => {
  const bytes = reader.bytes()
  if (isString(field)) strict.decode(bytes)
  else if (field?.message) checkMessage(field.message, bytes)
}

const checkMessage = (schema: DescMessage, bytes: Uint8Array): void => {
  const fields = new Map(schema.fields.map((field) => [field.number, field]))
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    if (wire === WireType.LengthDelimited) checkField(reader, fields.get(number))
    else reader.skip(wire, number)
  }
}

/**
 * Makes sure that the strings of a message are what its bytes say.
 *
 * @throws TypeError where one is not UTF-8
 */
export const checkStrings = (schema: DescMessage, message: unknown, bytes: Uint8Array): void => {
  if (hasReplacement(message)) checkMessage(schema, bytes)
}
