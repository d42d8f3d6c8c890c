import { ModelProtoSchema } from 'onnx-buf'
import { at, fieldsIn, readTree, type WireField, writeTree } from '../wire-tree.js'
import { folded } from './base-model.js'

/*
 * What stands in a file, field by field, so that two files can be compared where nothing was fused.
 */

const graphNumber = 7
const [nodeNumber, initializerNumber, inputNumber, outputNumber, infoNumber, sparseNumber] = [
  1, 5, 11, 12, 13, 15,
]

/** The last string of that number: protobuf lets the last one count. */
const textOf = (field: WireField, ...way: readonly number[]): string => {
  const value = at(fieldsIn(field), ...way).at(-1)?.value
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : ''
}

/** The name of a tensor, input, output or value_info. */
const nameIn = (field: WireField): string => {
  if (field.number === initializerNumber) return textOf(field, 8)
  if (field.number === sparseNumber) return textOf(field, 1, 8)
  return textOf(field, field.number === nodeNumber ? 3 : 1)
}

const operatorOf = (field: WireField): string => textOf(field, 4)

const hex = (fields: readonly WireField[]): string => Buffer.from(writeTree(fields)).toString('hex')

const namesFolded: ReadonlySet<string> = new Set<string>([...folded.tensors, 'conv.bias', 'conv.weight_1'])

const isFoldedPart = (field: WireField): boolean => {
  if (field.number === nodeNumber) return ['Conv', 'BatchNormalization'].includes(operatorOf(field))
  if ([initializerNumber, sparseNumber, inputNumber].includes(field.number))
    return namesFolded.has(nameIn(field))
  return field.number === infoNumber && nameIn(field) === 'c'
}

const fieldsOf = (bytes: Uint8Array): WireField[] => readTree(ModelProtoSchema, bytes)

/** The fields of the graph, also of one that stands in several pieces. */
const graphFieldsOf = (bytes: Uint8Array): WireField[] => at(fieldsOf(bytes), graphNumber).flatMap(fieldsIn)

/** Everything but the two layers and what belongs to them, in its order. */
export const untouched = (bytes: Uint8Array): string[] => [
  ...fieldsOf(bytes)
    .filter(({ number }) => number !== graphNumber)
    .map((field) => hex([field])),
  ...graphFieldsOf(bytes)
    .filter((field) => !isFoldedPart(field))
    .map((field) => hex([field])),
]

/** A node that is written anew has its fields in their own order. */
const inOrder = (fields: readonly WireField[]): WireField[] =>
  fields
    .map((field) => (Array.isArray(field.value) ? { ...field, value: inOrder(field.value) } : field))
    .sort((a, b) => a.number - b.number)

/** What the convolution says beside its inputs, its outputs and its name. */
export const convolutionIn = (bytes: Uint8Array): string[] => {
  const conv = graphFieldsOf(bytes).find(
    (field) => field.number === nodeNumber && operatorOf(field) === 'Conv',
  ) as WireField
  const rest = fieldsIn(conv).filter(({ number }) => ![1, 2, 3].includes(number))
  return inOrder(rest).map((field) => hex([field]))
}

/** Tensors of the two layers that are outputs of the graph: these stay as they are. */
export const foldedOutputs = (bytes: Uint8Array): string[] => {
  const fields = graphFieldsOf(bytes)
  const outputs = new Set(fields.filter(({ number }) => number === outputNumber).map(nameIn))
  return fields
    .filter((field) => field.number === initializerNumber && outputs.has(nameIn(field)))
    .map((field) => hex([field]))
}

/** Names of the graph's fields of a number. */
export const namesIn = (bytes: Uint8Array, number: number): string[] =>
  graphFieldsOf(bytes)
    .filter((field) => field.number === number)
    .map(nameIn)
