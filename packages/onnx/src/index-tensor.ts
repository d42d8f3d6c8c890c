import { type TensorProto, TensorProtoSchema } from 'onnx-buf'
import { parseMessage } from './parse-message.js'
import {
  type FieldSpan,
  joinBytes,
  lengthDelimited,
  readSpan,
  type Scan,
  type Span,
  type Window,
  walkFields,
} from './wire.js'

/**
 * Data of at most so many bytes is read with its tensor, so that shapes, scalars and what there is of each channel are
 * at hand: to read them one by one later costs more.
 */
export const smallTensor = 16_384

/** A tensor whose data may have been left in the file. */
export interface IndexedTensor {
  /** The message without the data that was left. */
  readonly header: TensorProto
  /** Where its data is, if it was left. */
  readonly payload: Payload | undefined
}

/** Data that was left, and the field that holds it: 9 raw_data, 4 float_data, 10 double_data. */
export interface Payload {
  readonly field: number
  /** Usually one; protobuf lets a list stand in several pieces. */
  readonly pieces: readonly Span[]
}

const rawDataField = 9

/** Packed float_data and double_data are on the wire what raw_data is: little-endian numbers, back to back. */
const payloadFields: ReadonlySet<number> = new Set([4, rawDataField, 10])

const isData = ({ field, wire }: FieldSpan): boolean => payloadFields.has(field) && wire === lengthDelimited

const isLarge = ({ contentStart, end }: FieldSpan): boolean => end - contentStart > smallTensor

/** Neighbours become one span: a list that is not packed has a field for every element. */
const appendSpan = (spans: Span[], { start, end }: Span): void => {
  const last = spans.at(-1)
  if (last?.end === start) spans[spans.length - 1] = { start: last.start, end }
  else spans.push({ start, end })
}

function* joined(window: Window, spans: readonly Span[]): Scan<Uint8Array> {
  const parts: Uint8Array[] = []
  for (const span of spans) parts.push(yield* readSpan(window, span))
  return joinBytes(parts)
}

/** Of raw_data that is given twice the last counts; the pieces of a list follow each other. */
const payloadOf = (data: readonly FieldSpan[]): Payload | undefined => {
  const field = data.find(isLarge)?.field
  if (field === undefined) return undefined
  const pieces = data
    .filter((span) => span.field === field)
    .map(({ contentStart, end }) => ({ start: contentStart, end }))
  return { field, pieces: field === rawDataField ? pieces.slice(-1) : pieces }
}

/**
 * Reads a tensor but for its data where that is large.
 *
 * @throws NnfuseError `ONNX_MALFORMED`
 */
export function* indexTensor(window: Window, tensor: FieldSpan): Scan<IndexedTensor> {
  const rest: Span[] = []
  const data: FieldSpan[] = []
  yield* walkFields(window, { start: tensor.contentStart, end: tensor.end }, (span) => {
    if (isData(span)) data.push(span)
    else appendSpan(rest, span)
  })
  const payload = payloadOf(data)
  const lists = data.filter(({ field }) => field !== rawDataField && field !== payload?.field)
  const read = [...rest, ...lists]
  const header = parseMessage(
    TensorProtoSchema,
    yield* joined(window, read),
    window.source.name,
    tensor.start,
  )
  const raw = data.findLast(({ field }) => field === rawDataField)
  if (raw && payload?.field !== rawDataField) {
    header.rawData = yield* readSpan(window, { start: raw.contentStart, end: raw.end })
  }
  return { header, payload }
}
