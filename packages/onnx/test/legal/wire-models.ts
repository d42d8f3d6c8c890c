import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { at, bytesField, fieldsIn, numberField, readTree, type WireField, writeTree } from '../wire-tree.js'
import { base, bytesOf } from './base-model.js'
import type { LegalModel } from './legal-model.js'

/*
 * Bytes that say the same in another way: protobuf lets fields stand in any order, be repeated and be unknown.
 */

const rewritten = (change: (model: WireField[]) => void, model: ModelProto = base()): Uint8Array => {
  const fields = readTree(ModelProtoSchema, bytesOf(model))
  change(fields)
  return writeTree(fields)
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Of each wire type one, under numbers that ONNX has not given away. */
const unknownFields = (): WireField[] => [
  numberField(1000, 2n ** 64n - 1n),
  bytesField(1001, text('from the future')),
  { number: 1002, wire: 5, value: 7n },
  { number: 1003, wire: 1, value: 7n },
]

const everyMessage = (fields: readonly WireField[]): WireField[] =>
  fields.flatMap((field) => (field.type ? [field, ...everyMessage(fieldsIn(field))] : []))

const unknownIn = (where: (field: WireField) => boolean): Uint8Array =>
  rewritten((model) => {
    for (const field of everyMessage(model)) if (where(field)) fieldsIn(field).push(...unknownFields())
  })

const backwards = (fields: WireField[]): WireField[] =>
  [...fields]
    .sort((a, b) => b.number - a.number)
    .map((field) => (Array.isArray(field.value) ? { ...field, value: backwards(field.value) } : field))

const only = (fields: readonly WireField[], ...way: readonly number[]): WireField =>
  at(fields, ...way)[0] as WireField

/** A message field as two that protobuf merges: the first holds the first fields, the second the others. */
const split = (fields: WireField[], number: number): void => {
  const position = fields.findIndex((field) => field.number === number)
  const field = fields[position] as WireField
  const inner = fieldsIn(field)
  const middle = Math.ceil(inner.length / 2)
  fields.splice(position, 1, { ...field, value: inner.slice(0, middle) }, numberField(1000, 1n), {
    ...field,
    value: inner.slice(middle),
  })
}

const typeOfInput = (model: WireField[]): WireField[] => fieldsIn(only(model, 7, 11))

export const wireModels: readonly LegalModel[] = [
  { name: 'unknown fields in the model', bytes: rewritten((model) => model.unshift(...unknownFields())) },
  ...[
    'GraphProto',
    'NodeProto',
    'AttributeProto',
    'TensorProto',
    'ValueInfoProto',
    'TypeProto',
    'OperatorSetIdProto',
  ].map((name) => ({
    name: `unknown fields in every ${name}`,
    bytes: unknownIn(({ type }) => type?.name === name),
  })),
  { name: 'unknown fields everywhere', bytes: unknownIn(() => true) },
  {
    name: 'fields from the last to the first',
    bytes: writeTree(backwards(readTree(ModelProtoSchema, bytesOf(base())))),
  },
  { name: 'a graph in two pieces', bytes: rewritten((model) => split(model, 7)) },
  {
    name: 'a type in two pieces',
    bytes: rewritten((model) => split(fieldsIn(only(typeOfInput(model), 2)), 1)),
  },
  {
    name: 'a name given twice, the last of which counts',
    bytes: rewritten((model) => fieldsIn(only(model, 7, 1)).unshift(bytesField(3, text('other')))),
  },
  { name: 'an IR version given twice', bytes: rewritten((model) => model.unshift(numberField(1, 3n))) },
  {
    name: 'a number in more bytes than it needs',
    bytes: rewritten((model) => {
      const version = only(model, 1)
      version.wire = 0
      version.value = Uint8Array.from([0x88, 0x80, 0x80, 0])
    }),
  },
  {
    name: 'an empty graph behind the graph',
    bytes: rewritten((model) => {
      model.push(bytesField(7, new Uint8Array(0)))
    }),
  },
]
