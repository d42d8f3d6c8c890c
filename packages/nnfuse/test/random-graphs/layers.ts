import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  type AnyKind,
  type AnyModule,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  activations,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  Dropout,
  Flatten,
  Identity,
  Linear,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  ReLU,
  Sigmoid,
  Tanh,
} from '@nnfuse/ir'
import type { Dice } from './dice.js'

/** `[batch, channels, ...spatial]` */
export type Shape = readonly number[]

type Make = (shape: Shape, dice: Dice) => AnyModule

/** One kind each for 1, 2 and 3 spatial axes; values without any are like those with one. */
const perRank =
  <const K extends readonly unknown[]>(...kinds: K) =>
  ({ length: rank }: Shape): K[number] =>
    kinds[Math.max(0, rank - 3)]

const convKind = perRank(Conv1d, Conv2d, Conv3d)
const convTransposeKind = perRank(ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)
const normKind = perRank(BatchNorm1d, BatchNorm2d, BatchNorm3d)
const maxPoolKind = perRank(MaxPool1d, MaxPool2d, MaxPool3d)
const avgPoolKind = perRank(AvgPool1d, AvgPool2d, AvgPool3d)
const adaptiveKind = perRank(AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d)

const channelsOf = ([, channels = 1]: Shape): number => channels

const groupsFor = (inputs: number, outputs: number, dice: Dice): number =>
  dice.pick([1, 1, 2, inputs].filter((groups) => inputs % groups === 0 && outputs % groups === 0))

/** Weights that keep numbers at the size they have. */
const weightOf = (shape: Shape, fanIn: number, dice: Dice) => {
  const bound = 1.5 / Math.sqrt(fanIn)
  return dice.tensor(shape, -bound, bound)
}

const conv: Make = (shape, dice) => {
  const [inputs, outputs] = [channelsOf(shape), dice.pick([channelsOf(shape), 1, 2, 4])]
  const groups = groupsFor(inputs, outputs, dice)
  const kernel = shape.slice(2).map((size) => dice.pick([1, Math.min(3, size)]))
  const fanIn = kernel.reduce((product, size) => product * size, inputs / groups)
  return convKind(shape)({
    weight: weightOf([outputs, inputs / groups, ...kernel], fanIn, dice),
    bias: dice.oneIn(3) ? null : dice.tensor([outputs], -1, 1),
    stride: dice.pick([1, 1, 1, 2]),
    padding: dice.pick([0, 1, 'valid']),
    groups,
    paddingMode: dice.pick(['zeros', 'zeros', 'zeros', 'replicate']),
  })
}

const convTranspose: Make = (shape, dice) => {
  const [inputs, outputs] = [channelsOf(shape), dice.pick([channelsOf(shape), 2])]
  const groups = groupsFor(inputs, outputs, dice)
  const kernel = shape.slice(2).map(() => dice.pick([1, 2]))
  return convTransposeKind(shape)({
    weight: weightOf([inputs, outputs / groups, ...kernel], inputs / groups, dice),
    bias: dice.oneIn(3) ? null : dice.tensor([outputs], -1, 1),
    groups,
  })
}

/** Over the last axis, whatever stands before it. */
const linear: Make = (shape, dice) => {
  const [inputs, outputs] = [shape.at(-1) ?? 1, dice.pick([shape.at(-1) ?? 1, 2, 4])]
  return Linear({
    weight: weightOf([outputs, inputs], inputs, dice),
    bias: dice.oneIn(3) ? null : dice.tensor([outputs], -1, 1),
  })
}

/** As if it had been trained; some are not affine, some keep no statistics. */
export const batchNorm: Make = (shape, dice) => {
  const numFeatures = channelsOf(shape)
  const [affine, tracks] = [!dice.oneIn(5), !dice.oneIn(7)]
  const vector = (min: number, max: number) => dice.tensor([numFeatures], min, max)
  return normKind(shape)({
    numFeatures,
    weight: affine ? vector(-1.5, 1.5) : null,
    bias: affine ? vector(-1, 1) : null,
    runningMean: tracks ? vector(-1, 1) : null,
    runningVar: tracks ? vector(0.3, 2) : null,
    eps: dice.pick([1e-5, 1e-3]),
  })
}

export const activation: Make = (_shape, dice) =>
  (dice.pick([ReLU, ReLU, ReLU, Sigmoid, Tanh, ...activations]) as AnyKind)() as AnyModule

const pool: Make = (shape, dice) => {
  const kernelSize = shape.slice(2).map((size) => Math.min(2, size))
  return dice.pick([
    () => maxPoolKind(shape)({ kernelSize, stride: 1 }),
    () => avgPoolKind(shape)({ kernelSize, stride: 1 }),
    () => adaptiveKind(shape)({ outputSize: dice.pick([1, 2]) }),
  ])()
}

/** A layer that has weights and that a batch-norm or an activation can follow. */
export const weighted: Make = (shape, dice) => {
  const choices = shape.length === 2 ? [linear] : [conv, conv, conv, convTranspose, linear]
  return dice.pick(choices)(shape, dice)
}

const moving: Make = (shape, dice) => {
  const choices: readonly Make[] = [() => Identity(), () => Dropout({ p: 0.5 })]
  const spatial: readonly Make[] = [pool, pool, () => Flatten()]
  return dice.pick(shape.length === 2 ? choices : [...choices, ...spatial])(shape, dice)
}

/** Any layer that takes a value of this shape. */
export const anyLayer: Make = (shape, dice) =>
  dice.pick([weighted, weighted, weighted, batchNorm, batchNorm, activation, activation, activation, moving])(
    shape,
    dice,
  )
