import { type TensorProto, TensorProtoSchema } from 'onnx-buf'
import { malformed } from './errors.js'
import { parseMessage } from './parse-message.js'
import { type FieldSpan, lengthDelimited, readSpan, type Span, type Window, walkFields } from './wire.js'

/** Data of at most this many bytes is read with its tensor, so that shapes and scalars are at hand. */
export const smallTensor = 1024

/** A tensor whose data may have been left in the file. */
export interface IndexedTensor {
  /** The message without the data that was left. */
  readonly header: TensorProto
  /** Where that data is, and the field that holds it: 9 raw_data, 4 float_data, 10 double_data. */
  readonly payload: (Span & { readonly field: number }) | undefined
}

/** Packed float_data and double_data are on the wire what raw_data is: little-endian numbers, back to back. */
const payloadFields: ReadonlySet<number> = new Set([4, 9, 10])

const isPayload = ({ field, wire, contentStart, end }: FieldSpan): boolean =>
  payloadFields.has(field) && wire === lengthDelimited && end - contentStart > smallTensor

/** Neighbours become one span: a list that is not packed has a field for every element. */
const appendSpan = (spans: Span[], { start, end }: Span): void => {
  const last = spans.at(-1)
  if (last?.end === start) spans[spans.length - 1] = { start: last.start, end }
  else spans.push({ start, end })
}

const joined = async (window: Window, spans: readonly Span[]): Promise<Uint8Array> => {
  const bytes = new Uint8Array(spans.reduce((size, { start, end }) => size + end - start, 0))
  let at = 0
  for (const span of spans) {
    bytes.set(await readSpan(window, span), at)
    at += span.end - span.start
  }
  return bytes
}

/**
 * Reads a tensor but for its data where that is large.
 *
 * @throws NnfuseError `ONNX_MALFORMED`
 */
export const indexTensor = async (window: Window, tensor: FieldSpan): Promise<IndexedTensor> => {
  const rest: Span[] = []
  const payloads: FieldSpan[] = []
  for await (const span of walkFields(window, { start: tensor.contentStart, end: tensor.end })) {
    if (isPayload(span)) payloads.push(span)
    else appendSpan(rest, span)
  }
  const [payload, second] = payloads
  if (second) throw malformed(window.source.name, second.start, 'a tensor holds its data twice')
  const header = parseMessage(TensorProtoSchema, await joined(window, rest), window.source.name, tensor.start)
  return {
    header,
    payload: payload && { field: payload.field, start: payload.contentStart, end: payload.end },
  }
}
