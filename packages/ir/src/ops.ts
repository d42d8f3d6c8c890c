import type { FloatDType } from './dtype.js'
import type { PadPair } from './kinds/attributes.js'
import type { BatchNormAttrs } from './kinds/batch-norm.js'
import type { ConvAttrs, ConvTransposeAttrs } from './kinds/conv.js'
import type { GemmAttrs, LinearAttrs } from './kinds/linear.js'
import type { AvgPoolAttrs, MaxPoolAttrs } from './kinds/pooling.js'
import type { ReshapeSize } from './kinds/shape.js'
import type { AnyModule } from './module.js'
import type { Tensor } from './tensor.js'

/** Values that take the place of a layer's own weight or bias, in their shapes. What is not given is the layer's. */
export interface Given<V> {
  readonly weight?: V
  readonly bias?: V
}

/** Where numbers are put when they are quantized: integers from `min` to `max`, each `scale` apart, 0 at the zero point. */
export interface Grid<V> {
  /** float32, `[]` or one for each index along `axis`. */
  readonly scale: V
  /** int32, in the shape of the scale. */
  readonly zeroPoint: V
  readonly axis: number
  readonly dtype: 'int8' | 'uint8'
  /** Within the dtype; for 4 bits, say, -8 to 7 of int8. */
  readonly min: number
  readonly max: number
}

/** What the numbers of a tensor of integers do not say. */
export interface IntegerFormat {
  /** They are within 4 bits: kept as int8 or uint8, two of them take a byte where a file can have that. */
  readonly dtype?: 'int4' | 'uint4'
  /**
   * So many neighbours along the axis have a scale and a zero point together: their shape is that of the integers but for
   * that axis, where it is its size over this one, rounded up.
   */
  readonly blockSize?: number
  /** Of the numbers that are made of them; float32 unless told. */
  readonly floats?: FloatDType
}

/** A weight of a linear layer as integers, all of it known. */
export interface IntegerWeight {
  /** 8-bit integers, `[outFeatures, inFeatures]` */
  readonly weight: Tensor
  /** float32, and of the dtype of the weight; see {@link Ops.dequantize} */
  readonly scale: Tensor
  readonly zeroPoint: Tensor
  readonly axis: number
  readonly format?: IntegerFormat
}

/**
 * What layers are made of. A kind's forward is written against this interface; whoever implements it for some
 * value `V` (an array, an ONNX value, a shape) can interpret every layer, a stranger's included.
 *
 * Layouts are PyTorch's: channels first, `[N, C, ...spatial]`. The number of spatial dimensions of convolutions
 * is that of their weight; pools carry theirs as the length of `kernelSize`.
 */
export interface Ops<V> {
  /** Runs a child module; interpreters keep track of its path, its hooks and where it came from. */
  call(name: string, module: AnyModule, inputs: readonly V[]): readonly V[]
  constant(tensor: Tensor): V

  conv(x: V, attrs: ConvAttrs, given?: Given<V>): V
  convTranspose(x: V, attrs: ConvTransposeAttrs, given?: Given<V>): V
  /** With batch statistics where `training` says so, else with the running ones. Channel axis 1. */
  batchNorm(x: V, attrs: BatchNormAttrs, training: boolean): V
  /** `x @ weight.T + bias` over the last axis. */
  linear(x: V, attrs: LinearAttrs, given?: Given<V>): V
  /** `x @ weight.T + bias` of a matrix, with a bias for every row. */
  gemm(x: V, attrs: GemmAttrs): V

  relu(x: V): V
  /** `min(max(x, min), max)` */
  clip(x: V, min: number, max: number): V
  leakyRelu(x: V, negativeSlope: number): V
  tanh(x: V): V
  sigmoid(x: V): V
  gelu(x: V, approximate: 'none' | 'tanh'): V
  hardswish(x: V): V

  /** Elementwise, broadcasting as numpy does. */
  add(a: V, b: V): V
  sub(a: V, b: V): V
  mul(a: V, b: V): V
  /** Of integers, rounded toward zero. */
  div(a: V, b: V): V
  sqrt(x: V): V
  /** `a` where the condition is not zero, else `b`; broadcasting. */
  where(condition: V, a: V, b: V): V
  /** The mean over some axes, which stay with size 1. */
  mean(x: V, axes: readonly number[]): V
  concat(values: readonly V[], axis: number): V
  /** Merges the axes `startAxis` to `endAxis`, both included; negative axes count from the end. */
  flatten(x: V, startAxis: number, endAxis: number): V
  /** The same elements in another shape: -1 is what is left, `copy` the input's size at the same place. */
  reshape(x: V, shape: readonly ReshapeSize[]): V
  /** Axis `i` of the result is axis `perm[i]` of `x`. */
  transpose(x: V, perm: readonly number[]): V
  /** Takes away axes of size 1; negative ones count from the end, here and in `unsqueeze`. */
  squeeze(x: V, axes: readonly number[]): V
  /** Puts in axes of size 1 at these places of the result. */
  unsqueeze(x: V, axes: readonly number[]): V
  /** Puts `value` around the elements: a pair for every axis. */
  pad(x: V, pads: readonly PadPair[], value: number): V

  /**
   * The nearest number on a grid: `(clamp(round(x / scale) + zeroPoint, min, max) - zeroPoint) * scale`, ties to even.
   * NaN becomes `min`. The gradient is 1 where nothing was clamped, else 0.
   */
  quantizeDequantize(x: V, grid: Grid<V>): V
  /** `(integers - zeroPoint) * scale`, computed in float32; scale and zero point as of a {@link Grid}, or one for each block. */
  dequantize(integers: V, scale: V, zeroPoint: V, axis: number, format?: IntegerFormat): V
  /**
   * Numbers on a grid of their own: 256 steps from their least to their greatest, 0 among them. The integers are uint8,
   * scale and zero point `[]`. ONNX's DynamicQuantizeLinear; it has no gradient.
   */
  dynamicQuantize(x: V): readonly [integers: V, scale: V, zeroPoint: V]
  /**
   * `(x - zeroPoint) @ (weight - weightZeroPoint).T` of integers over the last axis, the sums in float32.
   *
   * @param zeroPoint `[]`
   * @param weight with one zero point, or one for each of the outFeatures
   */
  linearIntegers(x: V, zeroPoint: V, weight: Pick<IntegerWeight, 'weight' | 'zeroPoint'>): V
  /** {@link linear} of floats with a weight that is kept as integers, as runtimes with kernels for that look for it. */
  linearDequantized(x: V, weight: IntegerWeight): V

  maxPool(x: V, attrs: MaxPoolAttrs): V
  avgPool(x: V, attrs: AvgPoolAttrs): V
  /** Average pooling to a given spatial size; null keeps that axis. */
  adaptiveAvgPool(x: V, outputSize: readonly (number | null)[]): V
  /** Zeroes each element with probability `p` and scales the rest where `training`; else the input itself. */
  dropout(x: V, p: number, training: boolean): V

  /** A tensor that a module keeps, as {@link learn} has left it by now. `attrs` are the module's own object. */
  kept<K extends string>(attrs: { readonly [name in K]: Tensor }, name: K): V
  /**
   * Lets a module change by what it sees: `step` gets its attributes as they stand and the values, and gives those
   * attributes that are others now. The changed module is part of what running the model returns. No gradient flows.
   * Where nothing runs, as when a file is written, nothing happens.
   */
  learn<A extends object>(attrs: A, values: readonly V[], step: LearningStep<A>): void
}

/** One step of learning; the values are in memory. */
export type LearningStep<A> = (attrs: A, ...values: readonly Tensor[]) => Partial<A> | Promise<Partial<A>>
