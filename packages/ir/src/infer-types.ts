import type { DType } from './dtype.js'
import type { ValueId } from './graph.js'
import type { Padding } from './kinds/attributes.js'
import type { GraphModuleOf } from './kinds/containers.js'
import { kernelSize, outChannels, outChannelsTransposed } from './kinds/conv.js'
import { outFeatures } from './kinds/linear.js'
import type { AnyModule } from './module.js'
import type { Ops } from './ops.js'
import { type Dim, unknownType, type ValueType } from './value-type.js'

/*
 * Shapes as an interpreter of Ops: what a layer does to types is read off the same forward that computes it.
 * Symbolic sizes are kept where an operation keeps the axis; arithmetic on them gives null.
 */

const typed = (dtype: DType | undefined, shape: readonly Dim[] | undefined): ValueType => ({ dtype, shape })

const onShape = (x: ValueType, change: (shape: readonly Dim[]) => readonly Dim[] | undefined): ValueType =>
  typed(x.dtype, x.shape === undefined ? undefined : change(x.shape))

const onNumber = (dim: Dim | undefined, change: (size: number) => number): Dim =>
  typeof dim === 'number' ? change(dim) : null

interface Window {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation?: readonly number[]
  readonly padding: Padding
  readonly ceilMode?: boolean
}

const windowed = (
  size: number,
  axis: number,
  { kernel, stride, dilation, padding, ceilMode }: Window,
): number => {
  const step = stride[axis] ?? 1
  if (typeof padding === 'string') return Math.ceil(size / step)
  const [before, after] = padding[axis] ?? [0, 0]
  const extent = (dilation?.[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1
  const places = (size + before + after - extent) / step
  if (!ceilMode) return Math.floor(places) + 1
  const rounded = Math.ceil(places) + 1
  return (rounded - 1) * step >= size + before ? rounded - 1 : rounded
}

const spatial = (x: ValueType, channels: Dim | undefined, window: Window): ValueType => {
  const rank = window.kernel.length + 2
  const shape = x.shape?.length === rank ? x.shape : (new Array(rank).fill(null) as Dim[])
  const sizes = shape.slice(2).map((dim, axis) => onNumber(dim, (size) => windowed(size, axis, window)))
  return typed(x.dtype, [shape[0] ?? null, channels ?? shape[1] ?? null, ...sizes])
}

const broadcastDim = (a: Dim | undefined, b: Dim | undefined): Dim => {
  if (a === undefined || a === 1) return b ?? null
  if (b === undefined || b === 1 || a === b) return a
  if (typeof a === 'number') return a
  return typeof b === 'number' ? b : null
}

const broadcast = (a: ValueType, b: ValueType): ValueType => {
  const dtype = a.dtype ?? b.dtype
  if (a.shape === undefined || b.shape === undefined) return typed(dtype, undefined)
  const [x, y] = [[...a.shape].reverse(), [...b.shape].reverse()]
  const rank = Math.max(x.length, y.length)
  return typed(dtype, Array.from({ length: rank }, (_, i) => broadcastDim(x[i], y[i])).reverse())
}

const concatDims = (dims: readonly (Dim | undefined)[]): Dim =>
  dims.every((dim) => typeof dim === 'number') ? (dims as number[]).reduce((sum, dim) => sum + dim, 0) : null

const concat = (values: readonly ValueType[], axis: number): ValueType => {
  const [first = unknownType] = values
  return onShape(first, (shape) => {
    if (values.some((value) => value.shape?.length !== shape.length)) return undefined
    const along = axis < 0 ? axis + shape.length : axis
    return shape.map((dim, i) => (i === along ? concatDims(values.map((value) => value.shape?.[i])) : dim))
  })
}

const product = (dims: readonly Dim[]): Dim => {
  if (dims.length === 1) return dims[0] ?? null
  return dims.every((dim) => typeof dim === 'number') ? (dims as number[]).reduce((a, b) => a * b, 1) : null
}

/** From axis 1 to the last, two axes are left whatever the shape was. */
const flattened = (x: ValueType, startAxis: number, endAxis: number): ValueType => {
  if (x.shape === undefined && startAxis === 1 && endAxis === -1) return typed(x.dtype, [null, null])
  return onShape(x, (shape) => {
    const start = startAxis < 0 ? startAxis + shape.length : startAxis
    const end = endAxis < 0 ? endAxis + shape.length : endAxis
    if (end < start) return shape
    return [...shape.slice(0, start), product(shape.slice(start, end + 1)), ...shape.slice(end + 1)]
  })
}

const convTransposed = (x: ValueType, attrs: Parameters<Ops<ValueType>['convTranspose']>[1]): ValueType => {
  const kernel = kernelSize(attrs)
  const { stride, padding, outputPadding, dilation } = attrs
  const rank = kernel.length + 2
  const shape = x.shape?.length === rank ? x.shape : (new Array(rank).fill(null) as Dim[])
  const sizes = shape.slice(2).map((dim, i) =>
    onNumber(dim, (size) => {
      if (typeof padding === 'string') return size * (stride[i] ?? 1)
      const [before, after] = padding[i] ?? [0, 0]
      const extent = (dilation[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1
      return (size - 1) * (stride[i] ?? 1) - before - after + extent + (outputPadding[i] ?? 0)
    }),
  )
  return typed(x.dtype, [shape[0] ?? null, outChannelsTransposed(attrs), ...sizes])
}

const same = (x: ValueType): ValueType => x

/** {@link Ops} over types. Modules without a forward give unknown types. */
export const typeOps: Ops<ValueType> = {
  call: (_name, module, inputs) => {
    const { forward } = module.definition
    if (forward === undefined) return []
    const result = forward(typeOps, module, ...inputs)
    return 'outputs' in result ? result.outputs : [result]
  },
  constant: ({ dtype, shape }) => typed(dtype, shape),
  conv: (x, attrs) => spatial(x, outChannels(attrs), { kernel: kernelSize(attrs), ...attrs }),
  convTranspose: convTransposed,
  batchNorm: same,
  linear: (x, attrs) => onShape(x, (shape) => [...shape.slice(0, -1), outFeatures(attrs)]),
  relu: same,
  clip: same,
  leakyRelu: same,
  tanh: same,
  sigmoid: same,
  gelu: same,
  hardswish: same,
  add: broadcast,
  mul: broadcast,
  concat,
  flatten: flattened,
  maxPool: (x, attrs) => spatial(x, undefined, { kernel: attrs.kernelSize, ...attrs }),
  avgPool: (x, attrs) => spatial(x, undefined, { kernel: attrs.kernelSize, ...attrs }),
  adaptiveAvgPool: (x, outputSize) =>
    onShape(x, (shape) => [
      ...shape.slice(0, 2),
      ...outputSize.map((size, i) => size ?? shape[i + 2] ?? null),
    ]),
  dropout: same,
}

/** The types of one module's outputs from those of its inputs. */
export const inferModule = (module: AnyModule, inputs: readonly ValueType[]): readonly ValueType[] =>
  typeOps.call('', module, inputs)

/** The type of every value of a graph: what the graph states, else what can be inferred, else unknown. */
export const inferTypes = (graph: GraphModuleOf): ReadonlyMap<ValueId, ValueType> => {
  const { inputs, calls, types: stated } = graph.attrs
  const types = new Map<ValueId, ValueType>(inputs.map((input) => [input, stated.get(input) ?? unknownType]))
  for (const { target, inputs, outputs } of calls) {
    const given = inputs.map((input) => types.get(input) ?? unknownType)
    const results = inferModule(graph.children.get(target) as AnyModule, given)
    for (const [i, output] of outputs.entries()) {
      types.set(output, refine(stated.get(output) ?? unknownType, results[i] ?? unknownType))
    }
  }
  return types
}

/** The more precise of what is stated and what is inferred. */
const refine = (stated: ValueType, inferred: ValueType): ValueType => ({
  dtype: stated.dtype ?? inferred.dtype,
  shape:
    stated.shape === undefined
      ? inferred.shape
      : stated.shape.map((dim, i) => preferNumber(dim, inferred.shape, i)),
})

const preferNumber = (dim: Dim, inferred: readonly Dim[] | undefined, axis: number): Dim => {
  const other = inferred?.[axis]
  return typeof dim !== 'number' && typeof other === 'number' ? other : dim
}
