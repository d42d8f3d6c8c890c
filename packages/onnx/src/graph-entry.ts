import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import {
  type NodeProto,
  NodeProtoSchema,
  type SparseTensorProto,
  SparseTensorProtoSchema,
  type TensorAnnotation,
  TensorAnnotationSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { malformed } from './errors.js'
import { type IndexedTensor, indexTensor } from './index-tensor.js'
import { parseMessage } from './parse-message.js'
import { type FieldSpan, lengthDelimited, readSpan, type Scan, type Window } from './wire.js'

/** One field of the graph, with what it holds. */
export type GraphEntry = FieldSpan &
  (
    | { readonly type: 'node'; readonly node: NodeProto }
    | { readonly type: 'initializer'; readonly tensor: IndexedTensor }
    | { readonly type: 'input' | 'output' | 'valueInfo'; readonly info: ValueInfoProto }
    | { readonly type: 'annotation'; readonly annotation: TensorAnnotation }
    | { readonly type: 'sparse'; readonly sparse: SparseTensorProto }
    | { readonly type: 'other' }
  )

const largestMessage = 2 ** 31 - 1

/** @throws NnfuseError `ONNX_MALFORMED` for a field that is no message. */
export const checkDelimited = ({ source }: Window, { wire, start, field }: FieldSpan): void => {
  if (wire !== lengthDelimited) throw malformed(source.name, start, `field ${field} is no message`)
}

/** The message that a field holds, all of it. */
export function* readMessage<D extends DescMessage>(
  window: Window,
  span: FieldSpan,
  schema: D,
): Scan<MessageShape<D>> {
  checkDelimited(window, span)
  const { contentStart, end, start } = span
  const { name } = window.source
  if (end - contentStart > largestMessage)
    throw malformed(name, start, `a field has ${end - contentStart} bytes`)
  return parseMessage(schema, yield* readSpan(window, { start: contentStart, end }), name, start)
}

type Reader = (window: Window, span: FieldSpan) => Scan<GraphEntry>

const valueInfo = (type: 'input' | 'output' | 'valueInfo'): Reader =>
  function* (window, span) {
    return { ...span, type, info: yield* readMessage(window, span, ValueInfoProtoSchema) }
  }

const node: Reader = function* (window, span) {
  return { ...span, type: 'node', node: yield* readMessage(window, span, NodeProtoSchema) }
}

const initializer: Reader = function* (window, span) {
  checkDelimited(window, span)
  return { ...span, type: 'initializer', tensor: yield* indexTensor(window, span) }
}

const annotation: Reader = function* (window, span) {
  return { ...span, type: 'annotation', annotation: yield* readMessage(window, span, TensorAnnotationSchema) }
}

const sparse: Reader = function* (window, span) {
  return { ...span, type: 'sparse', sparse: yield* readMessage(window, span, SparseTensorProtoSchema) }
}

/** By field number of GraphProto. */
const readers: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [1, node],
  [5, initializer],
  [11, valueInfo('input')],
  [12, valueInfo('output')],
  [13, valueInfo('valueInfo')],
  [14, annotation],
  [15, sparse],
])

/** Reads what a field of the graph holds, but for the data of large tensors. */
export function* readEntry(window: Window, span: FieldSpan): Scan<GraphEntry> {
  const reader = readers.get(span.field)
  return reader ? yield* reader(window, span) : { ...span, type: 'other' }
}
