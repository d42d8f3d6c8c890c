import type { FloatDType } from './dtype.js'

/*
 * Narrow float formats in plain numbers. Every float16, bfloat16 and float32 value is a float64 value, so
 * arithmetic is done on numbers and rounded to the format after each operation: round to nearest, ties to even.
 */

const f32 = new Float32Array(1)
const u32 = new Uint32Array(f32.buffer)

/** Bits of the float32 nearest to `x`, rounded to bfloat16; NaN stays NaN. */
export const toBfloat16Bits = (x: number): number => {
  f32[0] = x
  const bits = u32[0] as number
  if (Number.isNaN(x)) return (bits >>> 16) | 0x40
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

/** The number that 16 bits stand for as bfloat16: the upper half of a float32. */
export const fromBfloat16Bits = (bits: number): number => {
  u32[0] = bits << 16
  return f32[0] as number
}

const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest < 0.5) return floor
  if (rest > 0.5) return floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/** Bits of the float16 nearest to `x`; from 65520 on that is infinity. */
export const toFloat16Bits = (x: number): number => {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0
  const magnitude = Math.abs(x)
  if (Number.isNaN(x)) return 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00
  // Below 2^-14 the numbers are evenly spaced by 2^-24; above, by 2^-10 of their power of two.
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24)
  f32[0] = magnitude
  const exponent = ((u32[0] as number) >>> 23) - 127
  const power = 2 ** exponent
  // float32 may have rounded up to the next power of two; the carry below makes that harmless.
  const mantissa = roundHalfEven((magnitude / power - 1) * 1024)
  return sign | (((exponent + 15) << 10) + mantissa)
}

/** The number that 16 bits stand for as IEEE half precision, subnormals, infinities and NaN too. */
export const fromFloat16Bits = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

/** Rounds a number to the nearest value of a float format. 16-bit formats are reached through float32, as in torch. */
export const roundTo: { readonly [D in FloatDType]: (x: number) => number } = {
  float64: (x) => x,
  float32: Math.fround,
  float16: (x) => fromFloat16Bits(toFloat16Bits(Math.fround(x))),
  bfloat16: (x) => fromBfloat16Bits(toBfloat16Bits(x)),
}
