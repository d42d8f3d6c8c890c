import {
  Add,
  type AnyModule,
  type BatchNormModule,
  Div,
  isBatchNorm,
  isFloat,
  Mul,
  Sub,
  type Tensor,
  type ValueType,
} from '@nnfuse/ir'
import { type Affine, areFloats, at, vectorFrom } from './affine.js'

/** A call that computes an affine function of one of its inputs. */
export interface AffineCall {
  /** Which input. */
  readonly input: number
  readonly affine: Affine
}

/** What a call's inputs are: the tensor of a constant, or what is known of a value. */
export interface Operand {
  readonly constant: Tensor | undefined
  readonly type: () => ValueType
}

/** With `r = 1 / sqrt(var + eps)`: scale = gamma * r, shift = beta - mean * gamma * r. */
const ofBatchNorm = ({ attrs, training }: BatchNormModule): Affine | string => {
  const { runningMean: mean, runningVar: variance, weight: gamma, bias: beta, numFeatures: size, eps } = attrs
  if (training) return 'it is in training mode'
  if (mean === null || variance === null) return "it normalizes by each batch's own statistics"
  if (!areFloats([mean, variance, gamma, beta])) return 'its statistics are not all floats'
  const factor = (i: number, v: ArrayLike<number>, g: ArrayLike<number> | undefined): number =>
    (g?.[i] ?? 1) / Math.sqrt((v[i] as number) + eps)
  const gammas = gamma === null ? [] : [gamma]
  const scale = vectorFrom(size, [variance, ...gammas], (v, g) =>
    Float64Array.from({ length: size }, (_, i) => factor(i, v as ArrayLike<number>, g)),
  )
  const shift = vectorFrom(size, [scale, mean, ...(beta === null ? [] : [beta])], (s, m, b) =>
    Float64Array.from(
      { length: size },
      (_, i) => (b?.[i] ?? 0) - at(m as ArrayLike<number>, i) * at(s as ArrayLike<number>, i),
    ),
  )
  return { axis: 1, scale, shift }
}

/**
 * Along which axis of a value a constant varies: undefined where it is one number, a reason where it varies along
 * several, or makes the value larger.
 */
const axisOf = ({ shape }: Tensor, { type }: Operand): { axis: number | undefined } | string => {
  const varying = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]))
  const { shape: given } = type()
  const rank = given?.length
  if (rank === undefined) return 'it is not known how many axes its input has'
  if (shape.length > rank) return `its constant has ${shape.length} axes and its input ${rank}`
  const [from] = varying
  if (varying.length > 1) return `its constant varies along ${varying.length} axes`
  if (from === undefined) return { axis: undefined }
  const axis = from + rank - shape.length
  const size = given?.[axis]
  if (typeof size === 'number' && size !== shape[from])
    return `its constant has ${shape[from]} numbers along axis ${axis}, its input ${size}`
  return { axis }
}

type OfConstant = (c: number) => number

/** What arithmetic with a constant is: `x + c`, `c - x`, ... */
interface Arithmetic {
  readonly scale: OfConstant | null
  readonly shift: OfConstant | null
}

const arithmetic: ReadonlyMap<string, readonly [xFirst: Arithmetic, cFirst: Arithmetic | null]> = new Map([
  [
    Add.kind,
    [
      { scale: null, shift: (c) => c },
      { scale: null, shift: (c) => c },
    ],
  ],
  [
    Sub.kind,
    [
      { scale: null, shift: (c) => -c },
      { scale: () => -1, shift: (c) => c },
    ],
  ],
  [
    Mul.kind,
    [
      { scale: (c) => c, shift: null },
      { scale: (c) => c, shift: null },
    ],
  ],
  [Div.kind, [{ scale: (c) => 1 / c, shift: null }, null]],
])

const vectorOf = (constant: Tensor, map: OfConstant | null): Tensor | null => {
  if (map === null) return null
  const size = constant.shape.reduce((count, dim) => count * dim, 1)
  return vectorFrom(size, [constant], (values) => Float64Array.from(values as ArrayLike<number>, map))
}

const ofArithmetic = (
  kind: string,
  givenOperands: () => readonly Operand[],
): AffineCall | string | undefined => {
  const forms = arithmetic.get(kind)
  if (forms === undefined) return undefined
  const operands = givenOperands()
  const c = operands.findIndex(({ constant }) => constant !== undefined)
  if (operands.length !== 2 || c < 0) return undefined
  const form = forms[c === 1 ? 0 : 1]
  const [{ constant }, x] = [operands[c] as Operand, operands[1 - c] as Operand]
  if (form === null || constant === undefined || x.constant !== undefined || !isFloat(constant.dtype))
    return undefined
  const placed = axisOf(constant, x)
  if (typeof placed === 'string') return placed
  const affine = { ...placed, scale: vectorOf(constant, form.scale), shift: vectorOf(constant, form.shift) }
  return { input: 1 - c, affine }
}

/** The affine function that a call computes; a reason where it looks like one and is none; undefined for all else. */
export const readAffine = (
  module: AnyModule,
  operands: () => readonly Operand[],
): AffineCall | string | undefined => {
  if (!isBatchNorm(module)) return ofArithmetic(module.kind, operands)
  const affine = ofBatchNorm(module)
  return typeof affine === 'string' ? affine : { input: 0, affine }
}
