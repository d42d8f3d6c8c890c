import {
  Add,
  type AnyModule,
  Cat,
  type Dim,
  Flatten,
  isNoOp,
  Reshape,
  Squeeze,
  Transpose,
  Unsqueeze,
  type ValueType,
} from '@nnfuse/ir'
import { type Affine, part, sizeOf } from './affine.js'
import { reshapesAsTold } from './opaque-op.js'
import { passesAverages } from './pass-averages.js'
import { passesMaxima } from './pass-maxima.js'
import { trackAxes } from './track-axis.js'

/** An affine function that an input of a layer has to go through instead of its output. */
export interface Moved {
  readonly input: number
  readonly affine: Affine
}

/** What is known of a call's inputs. */
export type Inputs = readonly ValueType[]

/** What is known of a call's values. */
export interface CallTypes {
  readonly inputs: Inputs
  readonly output: ValueType
}

const reshapes = [Flatten, Reshape, Squeeze, Unsqueeze]

/** Layers that give elements other places, or none at all, and no other values. */
export const changesShapeOnly = (module: AnyModule): boolean =>
  reshapes.some((kind) => kind.is(module)) || reshapesAsTold(module)

/** Through a layer with one input: the axis of its output is which axis of its input? */
const throughOne = (affine: Affine, axisBefore: (axis: number) => number | undefined): Moved[] | string => {
  if (affine.axis === undefined) return [{ input: 0, affine }]
  const axis = axisBefore(affine.axis)
  return axis === undefined
    ? `it is not certain that its axis ${affine.axis} is one axis of its input`
    : [{ input: 0, affine: { ...affine, axis } }]
}

const sizeAt = ({ shape }: ValueType, axis: number): Dim | undefined => shape?.[axis]

const fromFront = (axis: number, { shape }: ValueType): number | undefined =>
  axis < 0 ? shape && axis + shape.length : axis

/** Along the axis that is joined, each input gets its part; along another one all get the whole. */
const throughCat = (affine: Affine, joined: number, inputs: Inputs): Moved[] | string => {
  const along = fromFront(joined, inputs[0] as ValueType)
  if (along === undefined) return 'it is not known how many axes its inputs have'
  if (affine.axis !== along) return inputs.map((_, input) => ({ input, affine }))
  const moved: Moved[] = []
  let start = 0
  for (const [input, type] of inputs.entries()) {
    const size = sizeAt(type, along)
    if (typeof size !== 'number') return `it is not known how large its input ${input} is along axis ${along}`
    const piece = {
      axis: along,
      scale: part(affine.scale, start, size),
      shift: part(affine.shift, start, size),
    }
    moved.push({ input, affine: piece })
    start += size
  }
  return start === sizeOf(affine)
    ? moved
    : `its inputs have ${start} places along axis ${along}, not ${sizeOf(affine)}`
}

/** `s * (a + b) + t = (s * a + t) + s * b`, where neither is stretched along the axis. */
const throughAdd = (affine: Affine, inputs: Inputs): Moved[] | string => {
  const [a, b] = inputs as [ValueType, ValueType]
  if (affine.axis !== undefined) {
    if (a.shape?.length === undefined || a.shape.length !== b.shape?.length)
      return 'it is not certain that what it adds has the same axes'
    const odd = inputs.find((type) => sizeAt(type, affine.axis as number) !== sizeOf(affine))
    if (odd !== undefined)
      return `it is not certain that what it adds has ${sizeOf(affine)} places along axis ${affine.axis}`
  }
  const scaled = affine.scale === null ? [] : [{ input: 1, affine: { ...affine, shift: null } }]
  return [{ input: 0, affine }, ...scaled]
}

/**
 * Moves an affine function from the output of a layer to its inputs: what each of them has to go through instead, or
 * the reason why that is not the same; undefined for layers that nothing is moved past.
 *
 * @param types of the layer's inputs and its output
 */
export const moveBack = (
  module: AnyModule,
  affine: Affine,
  { inputs, output }: CallTypes,
): Moved[] | string | undefined => {
  if (isNoOp(module)) return [{ input: 0, affine }]
  if (changesShapeOnly(module))
    return throughOne(affine, (axis) => trackAxes(module, inputs[0]?.shape, output.shape)?.back(axis))
  if (Transpose.is(module)) return throughOne(affine, (axis) => module.attrs.perm[axis])
  const x = inputs[0] as ValueType
  const pooled = passesAverages(module, affine, x, output) ?? passesMaxima(module, affine, x)
  if (pooled !== undefined) return pooled === true ? [{ input: 0, affine }] : pooled
  if (Cat.is(module)) return throughCat(affine, module.attrs.axis, inputs)
  return Add.is(module) ? throughAdd(affine, inputs) : undefined
}
