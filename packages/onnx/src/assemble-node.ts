import { create, toBinary } from '@bufbuild/protobuf'
import { NodeProtoSchema } from 'onnx-buf'
import type { DraftInner, DraftNode, WrittenBody } from './draft.js'
import { keepsNames, nodeNames } from './encode-node.js'
import { bytesSegment, copySegment, joinSegments, type Segment, segmentsField } from './segments.js'
import type { FieldSpan } from './wire.js'

/** Numbers of the fields of NodeProto that name things. */
const nameFields: ReadonlySet<number> = new Set([1, 2, 3])

/** What the fields of a graph become, by the fields of the attribute that hold it. */
export type BodyWriter = (written: WrittenBody) => ReadonlyMap<FieldSpan, readonly Segment[]>

const renamed = (draft: DraftNode): Segment =>
  bytesSegment(toBinary(NodeProtoSchema, create(NodeProtoSchema, nodeNames(draft))))

/** A node of which graphs in its attributes have changed: everything else is a copy of the bytes of the file. */
export const innerNodeContent = (
  draft: DraftNode,
  { layout, written }: DraftInner,
  write: BodyWriter,
): Segment[] => {
  const { node, fields } = layout
  const changed = new Map(written.flatMap((entry) => [...write(entry)]))
  const attributes = new Map(written.map(({ body }) => [body.attribute, body]))
  const copy = (field: FieldSpan): Segment => copySegment(node.source, field)
  const attributeField = (field: FieldSpan): readonly Segment[] => {
    const body = attributes.get(field)
    if (body === undefined) return [copy(field)]
    return segmentsField(
      field.field,
      body.fields.flatMap((part) => changed.get(part) ?? [copy(part)]),
    )
  }
  const sameNames = keepsNames(draft)
  const kept = fields.filter(({ field }) => sameNames || !nameFields.has(field))
  return joinSegments([...(sameNames ? [] : [renamed(draft)]), ...kept.flatMap(attributeField)])
}
