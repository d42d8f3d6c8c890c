import { type ByteSource, isNnfuseError } from '@nnfuse/ir'
import { malformed, truncated } from './errors.js'
import { describeStart } from './first-bytes.js'

/*
 * The protobuf wire format, as far as finding fields goes: a tag (field number and wire type), then a varint,
 * 4 or 8 bytes, or a length and that many bytes. What is inside is parsed by @bufbuild/protobuf.
 */

/** Bytes `[start, end)` of a file. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** One field on the wire; `start` is that of its tag, `contentStart` that of its value. */
export interface FieldSpan extends Span {
  readonly field: number
  readonly wire: number
  readonly contentStart: number
}

/** Wire type of strings, bytes, messages and packed lists. */
export const lengthDelimited = 2

const chunkSize = 64 * 1024
/** A tag and a length, ten bytes each at most. */
const longestHeader = 20

/** A file seen through a buffer, so that many small reads become few large ones. */
export interface Window {
  readonly source: ByteSource
  bytes: Uint8Array
  offset: number
}

export const windowOf = (source: ByteSource): Window => ({ source, bytes: new Uint8Array(0), offset: 0 })

const holds = ({ bytes, offset }: Window, span: Span): boolean =>
  span.start >= offset && span.end <= offset + bytes.length

const load = async (window: Window, { start, end }: Span): Promise<void> => {
  const wanted = Math.min(Math.max(end - start, chunkSize), window.source.size - start)
  window.bytes = await window.source.read(start, wanted)
  window.offset = start
  if (window.bytes.length !== wanted) throw truncated(window.source.name, start + window.bytes.length)
}

/**
 * Something that is being read through a window. It stops only where the window must move, and says what it must hold
 * then: nearly all of a file's thousands of fields are in the buffer already, and are read without waiting.
 */
export type Scan<T> = Generator<Span, T, void>

/** Runs a scan to its end, moving the window where it asks. */
export const runScan = async <T>(window: Window, scan: Scan<T>): Promise<T> => {
  for (let step = scan.next(); ; step = scan.next()) {
    if (step.done) return step.value
    await load(window, step.value)
  }
}

/** A copy of some bytes of the file; not by slice(), which copies nothing of a Buffer. */
export function* readSpan(window: Window, span: Span): Scan<Uint8Array<ArrayBuffer>> {
  if (!holds(window, span)) yield span
  return new Uint8Array(window.bytes.subarray(span.start - window.offset, span.end - window.offset))
}

/** One array of bytes out of several. */
export const joinBytes = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** What the file seems to be instead, for the hint of an error. */
const hintOfStart = async (source: ByteSource): Promise<string | undefined> =>
  describeStart(await source.read(0, Math.min(64, source.size)))

/** The error with a hint on what the file seems to be, where its start tells. */
export const withStartHint = async (source: ByteSource, error: unknown): Promise<unknown> => {
  if (!isNnfuseError(error) || !['ONNX_MALFORMED', 'ONNX_TRUNCATED', 'ONNX_NO_GRAPH'].includes(error.code))
    return error
  const hint = await hintOfStart(source)
  return hint === undefined
    ? error
    : malformed(source.name, 0, 'its bytes are something else', { hint, cause: error })
}

interface Cursor {
  readonly window: Window
  /** End of the message that is being read. */
  readonly limit: number
  at: number
}

const nextByte = ({ window, limit, at }: Cursor): number => {
  if (at >= limit) throw endsEarly(window, limit, at)
  return window.bytes[at - window.offset] as number
}

const endsEarly = ({ source }: Window, limit: number, at: number): Error =>
  limit >= source.size ? truncated(source.name, at) : malformed(source.name, at, 'a field leaves its message')

/** Numbers above 2^53 cannot be sizes of anything; as values (a negative int64) they are only skipped. */
const readVarint = (cursor: Cursor): number => {
  let value = 0
  for (let i = 0; i < 10; i += 1) {
    const byte = nextByte(cursor)
    cursor.at += 1
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return value
  }
  throw malformed(cursor.window.source.name, cursor.at, 'a number is longer than ten bytes')
}

const fixedSizes: ReadonlyMap<number, number> = new Map([
  [1, 8],
  [5, 4],
])

const skipValue = (cursor: Cursor, wire: number): number => {
  if (wire === 0) {
    const start = cursor.at
    readVarint(cursor)
    return start
  }
  const size = wire === lengthDelimited ? readVarint(cursor) : fixedSizes.get(wire)
  const { source } = cursor.window
  if (size === undefined) throw malformed(source.name, cursor.at, `there is no wire type ${wire} in ONNX`)
  const contentStart = cursor.at
  if (size > cursor.limit - contentStart) throw endsEarly(cursor.window, cursor.limit, contentStart)
  cursor.at += size
  return contentStart
}

const readField = (window: Window, start: number, limit: number): FieldSpan => {
  const cursor: Cursor = { window, limit, at: start }
  const tag = readVarint(cursor)
  const field = Math.floor(tag / 8)
  if (field === 0 || tag >= 2 ** 32)
    throw malformed(window.source.name, start, `there is no field number ${field}`)
  const wire = tag % 8
  const contentStart = skipValue(cursor, wire)
  return { field, wire, start, contentStart, end: cursor.at }
}

/**
 * Visits the fields of the message at `span`, one by one. What they hold is not read, unless the visitor does.
 *
 * @throws NnfuseError `ONNX_TRUNCATED`, `ONNX_MALFORMED` with the byte offset.
 */
export function* walkFields(
  window: Window,
  span: Span,
  visit: (field: FieldSpan) => Scan<void> | void,
): Scan<void> {
  for (let at = span.start; at < span.end; ) {
    const header = { start: at, end: Math.min(at + longestHeader, window.source.size) }
    if (!holds(window, header)) yield header
    const field = readField(window, at, span.end)
    const reading = visit(field)
    if (reading) yield* reading
    at = field.end
  }
}

/** All fields of a message. */
export function* collectFields(window: Window, span: Span): Scan<FieldSpan[]> {
  const fields: FieldSpan[] = []
  yield* walkFields(window, span, (field) => void fields.push(field))
  return fields
}
