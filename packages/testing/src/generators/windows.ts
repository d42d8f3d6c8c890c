import { type Arbitrary, boolean, constantFrom, integer, record, tuple } from 'fast-check'
import type { Shape } from './layer-generator.js'

/** How a kernel moves along one axis. */
export interface WindowAxis {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly padding: readonly [before: number, after: number]
  readonly outputPadding: number
}

const upTo = (max: number, min = 0): Arbitrary<number> => integer({ min, max })

const drawn = record({
  kernel: upTo(3, 1),
  stride: upTo(2, 1),
  dilation: upTo(2, 1),
  padding: tuple(upTo(1), upTo(1)),
  outputPadding: upTo(1),
})

/** From the first to the last element that a kernel touches. */
const extentOf = ({ kernel, dilation }: Pick<WindowAxis, 'kernel' | 'dilation'>): number =>
  dilation * (kernel - 1) + 1

/** The kernel fits without padding; padding stays below the size, as reflecting it demands. */
const forConvolution = (axis: WindowAxis, size: number): WindowAxis => {
  const kernel = Math.min(axis.kernel, size)
  const dilation = extentOf({ ...axis, kernel }) <= size ? axis.dilation : 1
  const [before, after] = axis.padding
  return { ...axis, kernel, dilation, padding: [Math.min(before, size - 1), Math.min(after, size - 1)] }
}

/** Something is left of the output, and what is added at its end is less than a stride or a dilation. */
const forTransposed = (axis: WindowAxis): WindowAxis => {
  const removable = Math.floor((extentOf(axis) - 1) / 2)
  const [before, after] = axis.padding
  return {
    ...axis,
    padding: [Math.min(before, removable), Math.min(after, removable)],
    outputPadding: Math.min(axis.outputPadding, Math.max(axis.stride, axis.dilation) - 1),
  }
}

/** A window for each spatial axis of an input that a convolution can be given. */
export const convolutionWindows = (input: Shape): Arbitrary<readonly WindowAxis[]> =>
  tuple(...input.slice(2).map((size) => drawn.map((axis) => forConvolution(axis, size))))

/** A window for each spatial axis of an input that a transposed convolution can be given. */
export const transposedWindows = (input: Shape): Arbitrary<readonly WindowAxis[]> =>
  tuple(...input.slice(2).map(() => drawn.map(forTransposed)))

/** How the channels of a layer are grouped, and whether it has a bias. */
export interface Channels {
  readonly groups: number
  readonly outPerGroup: number
  readonly bias: boolean
}

/** Any grouping that divides the channels of the input. */
export const channelsFor = (channels: number): Arbitrary<Channels> => {
  const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((n) => channels % n === 0)
  return record({ groups: constantFrom(...divisors), outPerGroup: upTo(3, 1), bias: boolean() })
}
