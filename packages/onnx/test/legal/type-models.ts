import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type TypeProtoSchema, ValueInfoProtoSchema } from 'onnx-buf'
import { node, tensor } from '../onnx-builder.js'
import { base, bytesOf, graphIn, withNodes } from './base-model.js'
import type { LegalModel } from './legal-model.js'

/*
 * Every type that a file may state of a value.
 */

type Type = MessageInitShape<typeof TypeProtoSchema>

const float = { case: 'tensorType', value: { elemType: 1 } } as const

const sequence: Type = { value: { case: 'sequenceType', value: { elemType: { value: float } } } }
const optional: Type = { value: { case: 'optionalType', value: { elemType: { value: float } } } }
const map: Type = { value: { case: 'mapType', value: { keyType: 7, valueType: { value: float } } } }
const optionalSequence: Type = { value: { case: 'optionalType', value: { elemType: sequence } } }
const shape = { dim: [{ value: { case: 'dimParam' as const, value: 'N' } }] }

const sparse: Type = { value: { case: 'sparseTensorType', value: { elemType: 1, shape } } }
const denoted: Type = { denotation: 'IMAGE', value: { case: 'tensorType', value: { elemType: 1, shape } } }

/** A value that comes in and goes out as it is. */
const passing = (type: Type | undefined): Uint8Array => {
  const model = base()
  const info = create(ValueInfoProtoSchema, { name: 'passed', ...(type && { type }) })
  graphIn(model).input.push(info)
  graphIn(model).output.push(info)
  return bytesOf(model)
}

/** The input x, and c and y, with other shapes. */
const shaped = (dims: readonly (number | string | null)[] | undefined): Uint8Array => {
  const model = base()
  const { input, valueInfo, output } = graphIn(model)
  const dim = dims?.map((size) => {
    if (size === null) return {}
    return typeof size === 'string'
      ? { value: { case: 'dimParam' as const, value: size }, denotation: 'DATA_BATCH' }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } }
  })
  const type: Type = {
    value: { case: 'tensorType', value: { elemType: 1, ...(dim && { shape: { dim } }) } },
  }
  for (const list of [input, valueInfo, output])
    list.splice(0, 1, create(ValueInfoProtoSchema, { name: list[0]?.name ?? '', type }))
  return bytesOf(model)
}

const withoutTypes = (): Uint8Array => {
  const model = base()
  const graph = graphIn(model)
  graph.valueInfo = []
  graph.output = [create(ValueInfoProtoSchema, { name: 'y' })]
  return bytesOf(model)
}

const sequences = (): Uint8Array => {
  const model = withNodes([
    node('SequenceConstruct', ['y', 'y'], ['s'], {}, { name: 'make' }),
    node('SequenceAt', ['s', 'first'], ['y2'], {}, { name: 'take' }),
    node('Optional', ['y2'], ['o'], {}, { name: 'wrap' }),
  ])
  const graph = graphIn(model)
  graph.initializer.push(tensor('first', [], [0], 'int64'))
  graph.valueInfo.push(create(ValueInfoProtoSchema, { name: 's', type: sequence }))
  graph.output.push(create(ValueInfoProtoSchema, { name: 'o', type: optional }))
  return bytesOf(model)
}

export const typeModels: readonly LegalModel[] = [
  ...Object.entries({ sequence, optional, map, optionalSequence, sparse, denoted }).map(([name, type]) => ({
    name: `a value of type ${name}`,
    bytes: passing(type),
  })),
  { name: 'sequences and optionals inside', bytes: sequences() },
  { name: 'symbolic sizes', bytes: shaped(['N', 2, 'H', 'W']) },
  { name: 'sizes that nothing is said of', bytes: shaped([null, 2, null, null]) },
  { name: 'an output without a type', bytes: withoutTypes() },
  { name: 'an input without a type', bytes: passing(undefined) },
  { name: 'no shapes', bytes: shaped(undefined) },
]
