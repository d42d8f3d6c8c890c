import { badQuantSpec } from './errors.js'

/** What numbers become. Those of 4 bits are kept as int8 and uint8, with fewer steps. */
export type QuantDType = 'int8' | 'uint8' | 'int4' | 'uint4'

/** `symmetric`: the zero point is the middle of the range; `affine`: it is where it serves best. */
export type QuantScheme = 'affine' | 'symmetric'

/** How numbers are put on a grid of integers; plain data. */
export interface QuantSpec {
  readonly dtype: QuantDType
  readonly scheme: QuantScheme
  /** The axis whose indices have a scale each; null: one scale for the whole tensor. */
  readonly axis: number | null
  readonly min: number
  readonly max: number
  /** Whether the caller has chosen the range. */
  readonly custom: boolean
}

/** What {@link quantSpec} completes. The dtype alone is enough: all that it holds, affine, one scale. */
export interface QuantSpecOptions {
  readonly dtype: QuantDType
  readonly scheme?: QuantScheme
  /** Default null. Prepared layers set it for their weight. */
  readonly axis?: number | null
  /** Default: all that the dtype holds. */
  readonly min?: number
  readonly max?: number
  /** Half the range, for integer kernels that would overflow: int8 becomes -64 to 63. */
  readonly reduceRange?: boolean
}

const ranges: { readonly [D in QuantDType]: readonly [number, number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int4: [-8, 7],
  uint4: [0, 15],
}

/** What the integers are kept as. */
export const storageOf = ({ dtype }: Pick<QuantSpec, 'dtype'>): 'int8' | 'uint8' =>
  dtype === 'int8' || dtype === 'int4' ? 'int8' : 'uint8'

const checkRange = (dtype: QuantDType, min: number, max: number): void => {
  const [low, high] = ranges[dtype]
  if (!Number.isInteger(min) || !Number.isInteger(max)) throw badQuantSpec('the range must be integers')
  if (min >= max) throw badQuantSpec(`the range ${min} to ${max} is empty`)
  if (min < low || max > high) {
    throw badQuantSpec(`the range ${min} to ${max} is not within ${dtype}, ${low} to ${high}`)
  }
  if (min > 0 || max < 0) throw badQuantSpec(`the range ${min} to ${max} does not hold 0`)
}

/**
 * Checks and completes a spec; torch's `quant_min`, `quant_max`, `reduce_range`.
 *
 * @throws NnfuseError `BAD_QUANT_SPEC`
 */
export const quantSpec = (options: QuantSpecOptions): QuantSpec => {
  const { dtype, scheme = 'affine', axis = null, reduceRange = false } = options
  const usual = ranges[dtype]
  if (usual === undefined) throw badQuantSpec(`${String(dtype)} is none of ${Object.keys(ranges).join(', ')}`)
  const { min = usual[0], max = usual[1] } = options
  checkRange(dtype, min, max)
  const halved = reduceRange ? [Math.floor(min / 2), Math.floor(max / 2)] : [min, max]
  const custom = options.min !== undefined || options.max !== undefined
  return { dtype, scheme, axis, min: halved[0] as number, max: halved[1] as number, custom }
}
