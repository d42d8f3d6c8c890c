import { partReader, type ReadPart, sliceTensor } from '@nnfuse/ir'
import type { Segment } from './segments.js'

/** Gets a segment ready to be read part by part; see `partReader`. */
export const segmentReader = async (segment: Segment): Promise<ReadPart> => {
  if (segment.type === 'tensor') return await partReader(segment.tensor)
  if (segment.type === 'copy')
    return await partReader(sliceTensor('uint8', [segment.length], segment.source, segment.offset))
  return (target, offset) => target.set(segment.bytes.subarray(offset, offset + target.length))
}
