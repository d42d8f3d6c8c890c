import { byteLength, type Tensor } from '@nnfuse/ir'
import { type ExternalBase, externalBase } from './external-base.js'
import { isUnread } from './read-tensor.js'
import { bytesSegment, type Segment } from './segments.js'

/*
 * The file beside a model that its weights are in, as it grows. Small tensors stay in the model, where shape inference
 * finds them. Large ones begin where a file can be mapped into memory: at multiples of 64 KiB, which is what Windows
 * asks for, others at multiples of 64 bytes. What is in such a file already stays where it is there.
 */

/** Where a tensor's data lies in the file, in bytes. */
export interface ExternalPlace {
  readonly location: string
  readonly offset: number
  readonly length: number
}

/** The threshold of ONNX's own converter. */
const smallest = 1024
const worthMapping = 2 ** 20
const mappable = 2 ** 16
const aligned = 64

const zeros = new Uint8Array(mappable)

const alignmentOf = (tensor: Tensor): number => (byteLength(tensor) < worthMapping ? aligned : mappable)

const paddingTo = (offset: number, alignment: number): number =>
  (alignment - (offset % alignment)) % alignment

/** Whether a tensor belongs in the file: it is large, and its data is known. */
const isTaken = (tensor: Tensor): boolean => !isUnread(tensor) && byteLength(tensor) > smallest // strings: NaN

/** So many bytes between two tensors. */
const padding = function* (length: number): Generator<Segment> {
  for (let left = length; left > 0; left -= zeros.length)
    yield bytesSegment(zeros.subarray(0, Math.min(left, zeros.length)))
}

const endOf = (base: ExternalBase | undefined): number => {
  let end = 0
  for (const [tensor, offset] of base?.homes ?? []) end = Math.max(end, offset + byteLength(tensor))
  return end
}

/** Gives tensors places in a file of that name, and collects what the file holds. */
export class ExternalLayout {
  readonly location: string
  readonly #base: ExternalBase | undefined
  readonly #places = new Map<Tensor, ExternalPlace>()
  /** Where the next tensor without a home begins at the earliest. */
  #size: number

  /** @param tensors those that will be asked for, as far as they are known: most may stay where they are */
  constructor(location: string, tensors: Iterable<Tensor> = []) {
    this.location = location
    this.#base = externalBase([...tensors].filter(isTaken), alignmentOf)
    this.#size = endOf(this.#base)
  }

  /** Bytes. */
  get size(): number {
    return this.#places.size === 0 ? 0 : this.#size
  }

  /** What the file holds, from its start to its end. */
  get segments(): Segment[] {
    const segments: Segment[] = []
    let at = 0
    for (const [tensor, { offset, length }] of [...this.#places].sort(
      ([, a], [, b]) => a.offset - b.offset,
    )) {
      segments.push(...padding(offset - at), { type: 'tensor', tensor })
      at = offset + length
    }
    segments.push(...padding(this.size - at))
    return segments
  }

  /** Whether a tensor belongs in the file. */
  takes(tensor: Tensor): boolean {
    return isTaken(tensor)
  }

  /** The place of a tensor that belongs here; of the same tensor the same. */
  place(tensor: Tensor): ExternalPlace {
    const known = this.#places.get(tensor)
    if (known !== undefined) return known
    const length = byteLength(tensor)
    const offset = this.#base?.homes.get(tensor) ?? this.#size + paddingTo(this.#size, alignmentOf(tensor))
    const place = { location: this.location, offset, length }
    this.#places.set(tensor, place)
    this.#size = Math.max(this.#size, offset + length)
    return place
  }
}
