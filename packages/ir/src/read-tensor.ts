import { tensorSizeMismatch } from './errors.js'
import { byteLength, type Tensor } from './tensor.js'
import { decode, type TypedArray } from './tensor-values.js'

/** What is left to do to evaluate a deferred tensor: an explicit stack, since chains of folds can be long. */
interface Frame {
  readonly tensor: Tensor
  readonly inputs: readonly Tensor[]
  readonly values: Uint8Array[]
}

const evaluate = (tensor: Tensor, values: readonly Uint8Array[]): Uint8Array => {
  if (tensor.storage.type !== 'deferred') throw new TypeError('only deferred tensors are evaluated')
  const bytes = tensor.storage.compute(...values)
  const expected = byteLength(tensor)
  if (bytes.byteLength !== expected) throw tensorSizeMismatch(expected, bytes.byteLength, 'a computed tensor')
  return bytes
}

const readLeaf = (tensor: Tensor): Uint8Array | Promise<Uint8Array> | undefined => {
  const { storage } = tensor
  if (storage.type === 'memory') return storage.bytes
  if (storage.type === 'slice') return storage.source.read(storage.offset, byteLength(tensor))
  return undefined
}

const frameOf = (tensor: Tensor): Frame => ({
  tensor,
  inputs: tensor.storage.type === 'deferred' ? tensor.storage.inputs : [],
  values: [],
})

/** The tensor's bytes: from memory, from its file, or computed. Holds one tensor and its inputs at a time. */
export const readBytes = async (tensor: Tensor): Promise<Uint8Array> => {
  const direct = readLeaf(tensor)
  if (direct !== undefined) return direct
  const stack = [frameOf(tensor)]
  for (;;) {
    const frame = stack.at(-1) as Frame
    const next = frame.inputs[frame.values.length]
    if (next !== undefined) {
      const leaf = readLeaf(next)
      if (leaf === undefined) stack.push(frameOf(next))
      else frame.values.push(await leaf)
      continue
    }
    const bytes = evaluate(frame.tensor, frame.values)
    stack.pop()
    const parent = stack.at(-1)
    if (parent === undefined) return bytes
    parent.values.push(bytes)
  }
}

/** The bytes if they are in memory already, else undefined. Never reads a file, never computes. */
export const peekBytes = (tensor: Tensor): Uint8Array | undefined =>
  tensor.storage.type === 'memory' ? tensor.storage.bytes : undefined

/** The elements as a typed array; see {@link decode}. */
export const readValues = async (tensor: Tensor): Promise<TypedArray> =>
  decode(await readBytes(tensor), tensor.dtype)
