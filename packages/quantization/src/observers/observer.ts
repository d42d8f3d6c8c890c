import type { QuantSpec } from '../quant-spec.js'

/** The least and the greatest number to be told apart: one of each, or one for each index along an axis. */
export interface Range {
  readonly min: readonly number[]
  readonly max: readonly number[]
}

/**
 * Learns the range of values. An observer is a rule; what it has seen is its state, which is plain JSON data: numbers,
 * strings, arrays and objects of them, null where nothing was seen.
 */
export interface Observer<S = unknown> {
  readonly name: string
  /** The state before anything was seen, where that is not null: then there is nothing to wait for. */
  readonly start?: S
  /**
   * The state after some more values. Infinities are left out, as they are clamped in any case; no values change nothing.
   *
   * @param axis the axis whose indices are observed each for itself; null: all values together
   * @throws NnfuseError `NAN_OBSERVED`
   */
  observe(state: S | null, values: ArrayLike<number>, shape: readonly number[], axis: number | null): S | null
  /**
   * What one observer would have seen that saw what both saw; the order does not matter.
   *
   * @throws NnfuseError `CANNOT_MERGE` where it would
   */
  merge(a: S | null, b: S | null): S | null
  /** The range to be quantized; null where nothing was seen. */
  range(state: S | null, spec: QuantSpec): Range | null
}
