import { decodeFloats, deferredTensor, elementCount, encode, type Tensor } from '@nnfuse/ir'
import { calculateQParams, type QParamNumbers } from './calculate-qparams.js'
import { observingFailed } from './errors.js'
import { type FakeQuantizeAttrs, isUnobserved } from './fake-quantize.js'
import type { Range } from './observers/observer.js'
import { storageOf } from './quant-spec.js'
import { type FixedGrid, fixedGrid } from './quantized-tensors.js'
import { inRows, scaleShape } from './scale-places.js'

export interface WeightGridOptions {
  /** So many neighbours along the axis of the spec share a scale. */
  readonly blockSize?: number
  /** Of the layer, for errors. */
  readonly path?: string
}

const observeWeight = (
  { spec, observer }: FakeQuantizeAttrs,
  values: Float32Array | Float64Array,
  weight: Tensor,
  { blockSize, path = '' }: WeightGridOptions,
): Range | null => {
  const rows = blockSize === undefined ? undefined : inRows(values, weight, spec, blockSize)
  try {
    const seen = rows
      ? observer.observe(null, rows.values, rows.shape, 0)
      : observer.observe(null, values, weight.shape, spec.axis)
    return observer.range(seen, spec)
  } catch (cause) {
    throw path === '' ? cause : observingFailed(`${path}.weight`, cause)
  }
}

/** Scales and zero points for a weight; all alike where one of them cannot be told. */
const gridNumbers = (
  attrs: FakeQuantizeAttrs,
  weight: Tensor,
  options: WeightGridOptions,
  bytes: Uint8Array,
): QParamNumbers => {
  const { spec } = attrs
  const { blockSize } = options
  const values = decodeFloats(bytes, weight.dtype)
  const numbers = calculateQParams(observeWeight(attrs, values, weight, options), spec)
  const count = elementCount(scaleShape(weight, spec.axis, blockSize))
  if (numbers.scale.length === count) return numbers
  return { scale: new Float32Array(count).fill(1), zeroPoint: new Int32Array(count) }
}

/** The grid for a weight: of one that was never seen, what its own extremes give. */
export const gridForWeight = (
  attrs: FakeQuantizeAttrs,
  weight: Tensor,
  options: WeightGridOptions = {},
): FixedGrid => {
  if (!isUnobserved(attrs)) return fixedGrid(attrs)
  const { spec } = attrs
  const { blockSize } = options
  const shape = scaleShape(weight, spec.axis, blockSize)
  let known: QParamNumbers | undefined
  const numbers = (bytes: Uint8Array): QParamNumbers => {
    known ??= gridNumbers(attrs, weight, options, bytes)
    return known
  }
  const dtype = storageOf(spec)
  return {
    spec,
    scale: deferredTensor('float32', shape, [weight], (bytes) => encode(numbers(bytes).scale, 'float32')),
    zeroPoint: deferredTensor(dtype, shape, [weight], (bytes) => encode(numbers(bytes).zeroPoint, dtype)),
    ...(blockSize !== undefined && { blockSize }),
  }
}
