import { byteLength, type Tensor } from '@nnfuse/ir'
import { isUnread } from './read-tensor.js'
import { bytesSegment, type Segment } from './segments.js'

/*
 * The file beside a model that its weights are in, as it grows. Small tensors stay in the model, where shape inference
 * finds them. Large ones begin where a file can be mapped into memory: at multiples of 64 KiB, which is what Windows
 * asks for, others at multiples of 64 bytes.
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

const paddingTo = (offset: number, alignment: number): number =>
  (alignment - (offset % alignment)) % alignment

/** Gives tensors places in a file of that name, and collects what the file holds. */
export class ExternalLayout {
  readonly location: string
  readonly segments: Segment[] = []
  readonly #places = new Map<Tensor, ExternalPlace>()
  #size = 0

  constructor(location: string) {
    this.location = location
  }

  /** Bytes. */
  get size(): number {
    return this.#size
  }

  /** Whether a tensor belongs in the file: it is large, and its data is known. */
  takes(tensor: Tensor): boolean {
    return !isUnread(tensor) && byteLength(tensor) > smallest // strings have no length: NaN
  }

  /** The place of a tensor that belongs here; of the same tensor the same. */
  place(tensor: Tensor): ExternalPlace {
    const known = this.#places.get(tensor)
    if (known !== undefined) return known
    const length = byteLength(tensor)
    this.#pad(length < worthMapping ? aligned : mappable)
    const place = { location: this.location, offset: this.#size, length }
    this.#places.set(tensor, place)
    this.segments.push({ type: 'tensor', tensor })
    this.#size += length
    return place
  }

  #pad(alignment: number): void {
    const padding = paddingTo(this.#size, alignment)
    if (padding > 0) this.segments.push(bytesSegment(zeros.subarray(0, padding)))
    this.#size += padding
  }
}
