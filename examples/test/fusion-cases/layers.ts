import type { DType } from '@nnfuse/ir'
import { aroundOne, aroundZero, type ModelBuilder } from './model-builder.js'
import type { Attributes, Shape } from './protos.js'

/*
 * Nodes with their weights. Each takes the model and what the node is given, and gives the name of the node's result.
 */

type Sizes = readonly number[]

/** `[N, 3, 8, 8]`; a convolution of {@link kernel} makes `[N, 4, 6, 6]` of it. */
export const image = (m: ModelBuilder, shape: Shape = [2, 3, 8, 8]): string => m.input(shape)
export const kernel: Sizes = [4, 3, 3, 3]

interface WeightOptions {
  /** Names of tensors that are there. */
  readonly weight?: string
  readonly bias?: string
  readonly attributes?: Attributes
}

/** @param shape of the weight */
export const conv = (
  m: ModelBuilder,
  x: string,
  shape: Sizes = kernel,
  options: WeightOptions = {},
): string => {
  const { weight = m.weights(shape), bias, attributes } = options
  return m.node('Conv', [x, weight, ...(bias === undefined ? [] : [bias])], attributes)
}

export const biasedConv = (
  m: ModelBuilder,
  x: string,
  shape: Sizes = kernel,
  attributes?: Attributes,
): string => conv(m, x, shape, { bias: m.weights([shape[0] as number]), ...(attributes && { attributes }) })

/** @param shape of the weight, `[inChannels, outChannels / group, ...kernel]` */
export const convTranspose = (m: ModelBuilder, x: string, shape: Sizes, group = 1): string =>
  m.node('ConvTranspose', [x, m.weights(shape)], { group })

interface NormOptions {
  readonly dtype?: DType
  readonly parameters?: readonly string[]
  readonly attributes?: Attributes
}

/** Scale, bias, mean and variance of a batch-norm, as training might leave them. */
export const statistics = (m: ModelBuilder, channels: number, dtype?: DType): string[] =>
  [aroundOne, aroundZero, aroundZero, aroundOne].map((range, i) =>
    m.weights([channels], range, dtype, ['scale', 'shift', 'mean', 'variance'][i]),
  )

export const bn = (m: ModelBuilder, x: string, channels = 4, options: NormOptions = {}): string => {
  const { dtype, parameters = statistics(m, channels, dtype), attributes } = options
  return m.node('BatchNormalization', [x, ...parameters], attributes)
}

/** @param shape of the weight as it is stored */
export const gemm = (
  m: ModelBuilder,
  x: string,
  shape: Sizes,
  attributes: Attributes,
  bias?: Sizes,
): string =>
  m.node('Gemm', [x, m.weights(shape), ...(bias === undefined ? [] : [m.weights(bias)])], attributes)

export const matMul = (m: ModelBuilder, x: string, shape: Sizes): string =>
  m.node('MatMul', [x, m.weights(shape)])

/** Arithmetic with a constant of random numbers: around 0 for Add and Sub, around 1 for Mul and Div. */
export const withConstant = (
  m: ModelBuilder,
  opType: 'Add' | 'Sub' | 'Mul' | 'Div',
  x: string,
  shape: Sizes,
): string =>
  m.node(opType, [x, m.weights(shape, opType === 'Add' || opType === 'Sub' ? aroundZero : aroundOne)])

/** The same with the constant before the value. */
export const constantFirst = (m: ModelBuilder, opType: 'Add' | 'Mul', x: string, shape: Sizes): string =>
  m.node(opType, [m.weights(shape, opType === 'Add' ? aroundZero : aroundOne), x])

/** Mul, then Add: a batch-norm as some exporters spell it. */
export const mulAdd = (m: ModelBuilder, x: string, shape: Sizes): string =>
  withConstant(m, 'Add', withConstant(m, 'Mul', x, shape), shape)

export const relu = (m: ModelBuilder, x: string): string => m.node('Relu', [x])
export const transpose = (m: ModelBuilder, x: string, perm: Sizes): string =>
  m.node('Transpose', [x], { perm })
export const reshape = (m: ModelBuilder, x: string, ...shape: number[]): string =>
  m.node('Reshape', [x, m.ints(...shape)])
