import { type ByteSource, type Model, operandsOf, type Tensor } from '@nnfuse/ir'
import { documentOf } from '../document.js'
import type { Segment } from '../segments.js'
import { type FileSource, isFileSource } from './file-source.js'

/** Sources that tensors are read from, directly or through what they are computed from. */
const sourcesOfTensors = (tensors: Iterable<Tensor>): Set<ByteSource> => {
  const sources = new Set<ByteSource>()
  const seen = new Set<Tensor>(tensors)
  for (const tensor of seen) {
    if (tensor.storage.type === 'slice') sources.add(tensor.storage.source)
    for (const operand of operandsOf(tensor)) seen.add(operand)
  }
  return sources
}

/** Files that segments are read from. */
export const filesOfSegments = (segments: readonly Segment[]): FileSource[] => {
  const tensors = segments.flatMap((segment) => (segment.type === 'tensor' ? [segment.tensor] : []))
  const sources = sourcesOfTensors(tensors)
  for (const segment of segments) if (segment.type === 'copy') sources.add(segment.source)
  return [...sources].filter(isFileSource)
}

/** Files that a model was read from: its weights are read from them until it is written, and after. */
export const filesOfModel = (model: Model): FileSource[] =>
  [...(documentOf(model)?.sources ?? [])].filter(isFileSource)
