import { axesIn, type Tensor } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { stridedTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { peekIntegers } from './peek.js'
import { stridesOf } from './pick-elements.js'

interface SliceArguments {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly axes: readonly number[] | undefined
  readonly steps: readonly number[] | undefined
}

/** Attributes up to opset 9, inputs since. */
export const sliceArguments = (
  node: NodeProto,
  inputs: readonly (Tensor | undefined)[],
): SliceArguments | undefined => {
  const attributes = readAttributes(node, { starts: 'ints', ends: 'ints', axes: 'ints' })
  if (typeof attributes === 'string') return undefined
  const given = inputs.slice(1).map(peekIntegers)
  if (inputs.slice(1).some((input, i) => input !== undefined && given[i] === undefined)) return undefined
  const starts = attributes.starts ?? given[0]
  const ends = attributes.ends ?? given[1]
  return starts && ends && { starts, ends, axes: attributes.axes ?? given[2], steps: given[3] }
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)

interface Range {
  readonly start: number
  readonly step: number
  readonly count: number
}

/** Which elements of an axis are taken. */
export const rangeOf = (size: number, start: number, end: number, step: number): Range => {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
  const from = clamp(start < 0 ? start + size : start, Math.max(low, 0), high)
  const to = clamp(end < 0 ? end + size : end, low, high)
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) }
}

export const slice: Evaluator = (node, inputs) => {
  const [x] = inputs
  const given = sliceArguments(node, inputs)
  if (x === undefined || given === undefined) return undefined
  const axes = axesIn(given.axes ?? given.starts.map((_, i) => i), x.shape.length)
  const steps = given.steps ?? given.starts.map(() => 1)
  const lengths = [given.starts, given.ends, steps].map(({ length }) => length)
  if (axes === undefined || steps.includes(0) || lengths.some((length) => length !== axes.length))
    return undefined
  const ranges: Range[] = x.shape.map((count) => ({ start: 0, step: 1, count }))
  for (const [i, axis] of axes.entries()) {
    const [start, end, step] = [given.starts[i], given.ends[i], steps[i]] as [number, number, number]
    ranges[axis] = rangeOf(x.shape[axis] as number, start, end, step)
  }
  return sliced(x, ranges)
}

const sliced = (x: Tensor, ranges: readonly Range[]): Tensor | undefined => {
  const strides = stridesOf(x.shape)
  const offset = ranges.reduce((sum, { start }, i) => sum + start * (strides[i] as number), 0)
  return stridedTensor(
    x,
    ranges.map(({ count }) => count),
    ranges.map(({ step }, i) => step * (strides[i] as number)),
    offset,
  )
}
