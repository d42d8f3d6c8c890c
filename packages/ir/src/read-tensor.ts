import { tensorSizeMismatch } from './errors.js'
import { byteLength, operandsOf, type Tensor } from './tensor.js'
import { decode, type TypedArray } from './tensor-values.js'

/** What is left to do to evaluate a tensor: an explicit stack, since chains of folds can be long. */
interface Frame {
  readonly tensor: Tensor
  readonly operands: readonly Tensor[]
  readonly values: Uint8Array[]
}

const computeBytes = ({ storage }: Tensor, values: readonly Uint8Array[]): Uint8Array => {
  if (storage.type === 'deferred') return storage.compute(...values)
  if (storage.type !== 'elementwise') throw new TypeError('bytes in memory or in a file are not computed')
  const [source, ...inputs] = values
  const bytes = new Uint8Array(source as Uint8Array) // not slice(): that of a Buffer copies nothing
  storage.prepare(...inputs)(bytes, 0)
  return bytes
}

const evaluate = (tensor: Tensor, values: readonly Uint8Array[]): Uint8Array => {
  const bytes = computeBytes(tensor, values)
  const expected = byteLength(tensor)
  if (bytes.byteLength !== expected) throw tensorSizeMismatch(expected, bytes.byteLength, 'a computed tensor')
  return bytes
}

const isComputed = ({ storage }: Tensor): boolean => storage.type !== 'memory' && storage.type !== 'slice'

const readLeaf = ({ dtype, shape, storage }: Tensor): Uint8Array | Promise<Uint8Array> => {
  if (storage.type === 'memory') return storage.bytes
  if (storage.type === 'slice') return storage.source.read(storage.offset, byteLength({ dtype, shape }))
  throw new TypeError('a computed tensor lies nowhere')
}

const frameOf = (tensor: Tensor): Frame => ({ tensor, operands: operandsOf(tensor), values: [] })

/** How often each computed tensor is an operand of others that a tensor is computed from. */
const countUses = (tensor: Tensor): Map<Tensor, number> => {
  const uses = new Map<Tensor, number>()
  const stack = [tensor]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const operand of operandsOf(next)) {
      if (!isComputed(operand)) continue
      const count = uses.get(operand) ?? 0
      uses.set(operand, count + 1)
      if (count === 0) stack.push(operand)
    }
  }
  return uses
}

/** Keeps what is computed until its last user has it, so that nothing is computed twice. */
class Results {
  private readonly uses: Map<Tensor, number>
  private readonly kept = new Map<Tensor, Uint8Array>()

  constructor(tensor: Tensor) {
    this.uses = countUses(tensor)
  }

  keep(tensor: Tensor, bytes: Uint8Array): void {
    if ((this.uses.get(tensor) ?? 0) > 1) this.kept.set(tensor, bytes)
  }

  /** For one use. */
  take(tensor: Tensor): Uint8Array | undefined {
    const bytes = this.kept.get(tensor)
    const left = (this.uses.get(tensor) ?? 0) - 1
    if (bytes === undefined) return undefined
    this.uses.set(tensor, left)
    if (left <= 1) this.kept.delete(tensor)
    return bytes
  }
}

/** Asks for the bytes of what is not computed, one after the other, and gives those of the tensor. */
function* evaluation(tensor: Tensor): Generator<Tensor, Uint8Array, Uint8Array> {
  if (!isComputed(tensor)) return yield tensor
  const results = new Results(tensor)
  const stack = [frameOf(tensor)]
  for (;;) {
    const frame = stack.at(-1) as Frame
    const next = frame.operands[frame.values.length]
    if (next !== undefined) {
      const known = results.take(next)
      if (known !== undefined) frame.values.push(known)
      else if (isComputed(next)) stack.push(frameOf(next))
      else frame.values.push(yield next)
      continue
    }
    const bytes = evaluate(frame.tensor, frame.values)
    stack.pop()
    const parent = stack.at(-1)
    if (parent === undefined) return bytes
    results.keep(frame.tensor, bytes)
    parent.values.push(bytes)
  }
}

/** The tensor's bytes: from memory, from its file, or computed. Holds a tensor and its inputs, and what is used again. */
export const readBytes = async (tensor: Tensor): Promise<Uint8Array> => {
  const steps = evaluation(tensor)
  let step = steps.next()
  while (!step.done) step = steps.next(await readLeaf(step.value))
  return step.value
}

/** The tensor's bytes where all that they are computed from is in memory, else undefined. Never reads a file. */
export const computeNow = (tensor: Tensor): Uint8Array | undefined => {
  const steps = evaluation(tensor)
  let step = steps.next()
  while (!step.done) {
    const bytes = peekBytes(step.value)
    if (bytes === undefined) return undefined
    step = steps.next(bytes)
  }
  return step.value
}

/** The bytes if they are in memory already, else undefined. Never reads a file, never computes. */
export const peekBytes = (tensor: Tensor): Uint8Array | undefined =>
  tensor.storage.type === 'memory' ? tensor.storage.bytes : undefined

/** The elements as a typed array; see {@link decode}. */
export const readValues = async (tensor: Tensor): Promise<TypedArray> =>
  decode(await readBytes(tensor), tensor.dtype)
