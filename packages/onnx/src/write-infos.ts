import { toBinary } from '@bufbuild/protobuf'
import type { ByteSource, ValueType } from '@nnfuse/ir'
import { ValueInfoProtoSchema } from 'onnx-buf'
import type { OnnxValueInfo } from './document.js'
import { copySegment, messageField, type Segment } from './segments.js'
import { valueInfoProto } from './value-types.js'
import type { Span } from './wire.js'

/** A graph input or output, or what is known of another value, in a field of the graph. */
export const infoField = (field: number, name: string, type: ValueType): Segment[] =>
  messageField(field, toBinary(ValueInfoProtoSchema, valueInfoProto(name, type)))

/** Whether what a file states of a value can still be true. */
export const agrees = (stated: ValueType, actual: ValueType): boolean => {
  if (stated.dtype && actual.dtype && stated.dtype !== actual.dtype) return false
  if (stated.shape === undefined || actual.shape === undefined) return true
  const { shape } = actual
  return (
    stated.shape.length === shape.length &&
    stated.shape.every(
      (dim, i) => typeof dim !== 'number' || typeof shape[i] !== 'number' || dim === shape[i],
    )
  )
}

/** A value that must be listed among the inputs or outputs. */
export interface Listed {
  readonly name: string
  readonly type: ValueType
}

/**
 * What stands at each place where the file lists an input or output, by where that place starts. As long as the list
 * is the same, everything stays in place; else the whole list stands at the first.
 */
export const placeInfos = (
  source: ByteSource,
  field: number,
  before: readonly OnnxValueInfo[],
  after: readonly Listed[],
): ReadonlyMap<number, readonly Segment[]> => {
  const known = new Map(before.map((info) => [info.name, info]))
  const segmentsFor = ({ name, type }: Listed, info = known.get(name)): Segment[] =>
    info && agrees(info.type, type) ? [copySegment(source, info.span)] : infoField(field, name, type)
  const same = before.length === after.length && before.every(({ name }, i) => name === after[i]?.name)
  if (same)
    return new Map(before.map(({ span }, i) => [span.start, segmentsFor(after[i] as Listed, before[i])]))
  const first: Span | undefined = before[0]?.span
  return new Map([[first?.start ?? -1, after.flatMap((listed) => segmentsFor(listed))]])
}
