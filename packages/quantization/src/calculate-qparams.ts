import type { Range } from './observers/observer.js'
import type { QuantSpec } from './quant-spec.js'
import { roundHalfEven } from './round-half-even.js'

/*
 * From a range to a grid, with the roundings of torch's UniformQuantizationObserverBase._calculate_qparams: float32
 * after every step. The range is widened to hold 0, which must be a number of the grid: padding is zeros.
 *
 *   symmetric:  scale = max(-min, max) / ((qmax - qmin) / 2)     zero point: the middle
 *   affine:     scale = (max - min) / (qmax - qmin)              zero point = qmin - round(min / scale)
 */

/** Scale and zero point, one number each, or one for each index along the axis of the spec. */
export interface QParamNumbers {
  readonly scale: Float32Array
  readonly zeroPoint: Int32Array
}

/** A scale below this would make its reciprocal useless; torch's `eps`. */
const smallestScale = 2 ** -23

/** The middle of an even number of steps is the upper of two; of a range that the caller chose, the lower, as in torch. */
const middleOf = ({ dtype, min, max, custom }: QuantSpec): number => {
  if (dtype === 'int8' || dtype === 'int4') return 0
  return custom ? Math.floor((min + max) / 2) : Math.ceil((min + max) / 2)
}

const { fround, max } = Math

const symmetric = (low: number, high: number, spec: QuantSpec): [scale: number, zeroPoint: number] => {
  const half = (spec.max - spec.min) / 2
  return [max(fround(max(-low, high) / half), smallestScale), middleOf(spec)]
}

const affine = (low: number, high: number, spec: QuantSpec): [scale: number, zeroPoint: number] => {
  const scale = max(fround(fround(high - low) / (spec.max - spec.min)), smallestScale)
  const zeroPoint = spec.min - roundHalfEven(fround(low / scale))
  return [scale, Math.min(max(zeroPoint, spec.min), spec.max)]
}

/** The grid for a range; scale 1 and zero point 0 where nothing was observed, as torch starts. */
export const calculateQParams = (range: Range | null, spec: QuantSpec): QParamNumbers => {
  if (range === null) return { scale: Float32Array.of(1), zeroPoint: Int32Array.of(0) }
  const pairs = range.min.map((low, i) => {
    const [from, to] = [Math.min(fround(low), 0), max(fround(range.max[i] as number), 0)]
    return spec.scheme === 'symmetric' ? symmetric(from, to, spec) : affine(from, to, spec)
  })
  return {
    scale: Float32Array.from(pairs, ([scale]) => scale),
    zeroPoint: Int32Array.from(pairs, ([, zeroPoint]) => zeroPoint),
  }
}
