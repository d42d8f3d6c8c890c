import type { DType } from '../dtype.js'
import { kernelSize, outChannels } from '../kinds/conv.js'
import { type GemmAttrs, outFeatures } from '../kinds/linear.js'
import type { Ops } from '../ops.js'
import type { Dim, ValueType } from '../value-type.js'
import { broadcast, concat } from './joining.js'
import { followingSizes } from './known-sizes.js'
import { averaged, flattened, padded, reshaped, squeezed, transposed, unsqueezed } from './reshaping.js'
import { alike, onShape, typed } from './typed.js'
import { convTransposed, spatial } from './windows.js'

/*
 * Shapes as an interpreter of Ops: what a layer does to types is read off the same forward that computes it.
 * A size that could be wrong is null.
 */

const gemm = (x: ValueType, { weight, bias }: GemmAttrs): ValueType => {
  const [rows = 1] = bias.shape
  return typed(x.dtype, [rows === 1 ? (x.shape?.[0] ?? null) : rows, weight.shape[0] ?? null])
}

const lastSize = ({ shape }: ValueType, size: Dim = null, dtype: DType = 'float32'): ValueType =>
  onShape(typed(dtype, shape), (known) => [...known.slice(0, -1), size])

/** {@link Ops} over types. A module without a forward gives what its kind says, or unknown types. */
export const typeOps: Ops<ValueType> = followingSizes({
  call: (_name, module, inputs) => {
    const { forward, inferTypes } = module.definition
    if (forward === undefined) return inferTypes?.(module.attrs, inputs) ?? []
    const result = forward(typeOps, module, ...inputs)
    return 'outputs' in result ? result.outputs : [result]
  },
  constant: (value) => ({ dtype: value.dtype, shape: value.shape, value }),
  conv: (x, attrs) => spatial(x, outChannels(attrs), { kernel: kernelSize(attrs), ...attrs }),
  convTranspose: (x, attrs) => convTransposed(x, attrs),
  batchNorm: alike,
  linear: (x, attrs) => onShape(x, (shape) => [...shape.slice(0, -1), outFeatures(attrs)]),
  gemm,
  relu: alike,
  clip: alike,
  leakyRelu: alike,
  tanh: alike,
  sigmoid: alike,
  gelu: alike,
  hardswish: alike,
  add: broadcast,
  sub: broadcast,
  mul: broadcast,
  div: broadcast,
  sqrt: alike,
  where: (condition, a, b) => typed(a.dtype ?? b.dtype, broadcast(condition, broadcast(a, b)).shape),
  mean: averaged,
  quantizeDequantize: alike,
  dequantize: (x, _scale, _zeroPoint, _axis, { floats = 'float32' } = {}) => typed(floats, x.shape),
  dynamicQuantize: (x) => [typed('uint8', x.shape), typed('float32', []), typed('uint8', [])],
  linearIntegers: (x, _zeroPoint, { weight }) => lastSize(x, weight.shape[0]),
  linearDequantized: (x, { weight, format }) => lastSize(x, weight.shape[0], format?.floats),
  concat,
  flatten: flattened,
  reshape: reshaped,
  transpose: transposed,
  squeeze: squeezed,
  unsqueeze: unsqueezed,
  pad: padded,
  maxPool: (x, attrs) => spatial(x, undefined, { kernel: attrs.kernelSize, ...attrs }),
  avgPool: (x, attrs) => spatial(x, undefined, { kernel: attrs.kernelSize, ...attrs }),
  adaptiveAvgPool: (x, outputSize) =>
    onShape(x, (shape) => [
      ...shape.slice(0, 2),
      ...outputSize.map((size, i) => size ?? shape[i + 2] ?? null),
    ]),
  dropout: alike,
  kept: (attrs, name) => ({ dtype: attrs[name].dtype, shape: attrs[name].shape }),
  learn: () => undefined,
})
