import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { type ByteSource, byteLength, type Tensor } from '@nnfuse/ir'
import type { Span } from './wire.js'

/** A part of the file to be written: bytes of the file that was read, new bytes, or a tensor's data. */
export type Segment =
  | { readonly type: 'copy'; readonly source: ByteSource; readonly offset: number; readonly length: number }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'tensor'; readonly tensor: Tensor }

export const copySegment = (source: ByteSource, { start, end }: Span): Segment => ({
  type: 'copy',
  source,
  offset: start,
  length: end - start,
})

export const bytesSegment = (bytes: Uint8Array): Segment => ({ type: 'bytes', bytes })

/** Bytes that a segment becomes. */
export const segmentSize = (segment: Segment): number => {
  if (segment.type === 'copy') return segment.length
  return segment.type === 'bytes' ? segment.bytes.length : byteLength(segment.tensor)
}

export const totalSize = (segments: readonly Segment[]): number =>
  segments.reduce((size, segment) => size + segmentSize(segment), 0)

const joins = (a: Segment | undefined, b: Segment): boolean =>
  a?.type === 'copy' && b.type === 'copy' && a.source === b.source && a.offset + a.length === b.offset

/** Copies that follow each other in the file as one. */
export const joinSegments = (segments: readonly Segment[]): Segment[] => {
  const result: Segment[] = []
  for (const segment of segments) {
    const last = result.at(-1)
    if (last?.type === 'copy' && segment.type === 'copy' && joins(last, segment)) {
      result[result.length - 1] = { ...last, length: last.length + segment.length }
    } else if (segmentSize(segment) > 0) result.push(segment)
  }
  return result
}

const varint = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

/** The tag and length in front of a length-delimited field; lengths go beyond 32 bits. */
export const fieldHeader = (field: number, length: number): Uint8Array =>
  Uint8Array.from([...new BinaryWriter().tag(field, 2).finish(), ...varint(length)])

/** A field that holds a message. */
export const messageField = (field: number, content: Uint8Array): Segment[] => [
  bytesSegment(fieldHeader(field, content.length)),
  bytesSegment(content),
]

/** A field whose content is in segments. */
export const segmentsField = (field: number, content: readonly Segment[]): Segment[] => [
  bytesSegment(fieldHeader(field, totalSize(content))),
  ...content,
]
