import type { ByteSource, Model, Tensor } from '@nnfuse/ir'
import { documentOf } from '../document.js'
import type { Segment } from '../segments.js'

const isFile = (source: ByteSource): source is ByteSource & { readonly path: string } =>
  'path' in source && typeof source.path === 'string'

/** Sources that tensors are read from, directly or through what they are computed from. */
const sourcesOf = (tensors: readonly Tensor[]): Set<ByteSource> => {
  const sources = new Set<ByteSource>()
  const seen = new Set<Tensor>(tensors)
  for (const { storage } of seen) {
    if (storage.type === 'slice') sources.add(storage.source)
    if (storage.type === 'deferred') for (const input of storage.inputs) seen.add(input)
  }
  return sources
}

/** Paths of the files that a model was read from: they are read from until it is written, and after. */
export const filesOf = (model: Model, segments: readonly Segment[]): string[] => {
  const document = documentOf(model)
  const tensors = segments.flatMap((segment) => (segment.type === 'tensor' ? [segment.tensor] : []))
  const sources = sourcesOf([...tensors, ...(document?.tensors.values() ?? [])])
  if (document) sources.add(document.source)
  return [...sources].filter(isFile).map(({ path }) => path)
}
