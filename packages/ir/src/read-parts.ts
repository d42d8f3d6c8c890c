import { readBytes } from './read-tensor.js'
import type { ByteSource, ChangePart, Tensor } from './tensor.js'

/** What makes a tensor's bytes of those of another, innermost change first. */
interface Layers {
  readonly base: Tensor
  readonly changes: readonly ChangePart[]
}

const layersOf = async (tensor: Tensor): Promise<Layers> => {
  const changes: ChangePart[] = []
  let base = tensor
  while (base.storage.type === 'elementwise') {
    const { source, inputs, prepare } = base.storage
    changes.push(prepare(...(await Promise.all(inputs.map(readBytes)))))
    base = source
  }
  return { base, changes: changes.reverse() }
}

const readSource = async (source: ByteSource, offset: number, target: Uint8Array): Promise<void> => {
  if (source.readInto) await source.readInto(offset, target)
  else target.set(await source.read(offset, target.length))
}

/** Puts the part of a tensor's bytes that begins at `offset` into bytes of the caller's, as many as fit there. */
export type ReadPart = (target: Uint8Array, offset: number) => void | Promise<void>

/**
 * Gets a tensor ready to be read part by part: a weight that is in a file, scaled or not, is never in memory as a
 * whole. Parts begin and end between two elements.
 */
export const partReader = async (tensor: Tensor): Promise<ReadPart> => {
  const { base, changes } = await layersOf(tensor)
  const { storage } = base
  const change = (target: Uint8Array, offset: number): void => {
    for (const one of changes) one(target, offset)
  }
  if (storage.type === 'slice') {
    return async (target, offset) => {
      await readSource(storage.source, storage.offset + offset, target)
      change(target, offset)
    }
  }
  const bytes = await readBytes(base)
  return (target, offset) => {
    target.set(bytes.subarray(offset, offset + target.length))
    change(target, offset)
  }
}
