import { Conv1d, Conv2d, Conv3d, type ConvArguments, type ModuleOf, type PaddingMode } from '@nnfuse/ir'
import { type Arbitrary, constant, constantFrom, tuple } from 'fast-check'
import {
  channelsOf,
  type LayerGenerator,
  layerGenerator,
  type Shape,
  shapesWithAxes,
} from './layer-generator.js'
import { arbitraryTensor } from './tensors.js'
import { type Channels, channelsFor, convolutionWindows, type WindowAxis } from './windows.js'

/** Zeros are what models use; the others are there so that no rule forgets them. */
const paddingModes = constantFrom<PaddingMode>('zeros', 'zeros', 'zeros', 'reflect', 'replicate', 'circular')

const argumentsFor = (
  input: Shape,
  { groups, outPerGroup, bias }: Channels,
  windows: readonly WindowAxis[],
  paddingMode: PaddingMode,
): Arbitrary<ConvArguments> => {
  const out = groups * outPerGroup
  const kernel = windows.map((axis) => axis.kernel)
  const geometry = {
    stride: windows.map((axis) => axis.stride),
    padding: windows.map((axis) => axis.padding),
    dilation: windows.map((axis) => axis.dilation),
  }
  return tuple(
    arbitraryTensor([out, channelsOf(input) / groups, ...kernel]),
    bias ? arbitraryTensor([out]) : constant(null),
  ).map(([weight, bias]) => ({ weight, bias, ...geometry, groups, paddingMode }))
}

const convArguments = (input: Shape): Arbitrary<ConvArguments> =>
  tuple(channelsFor(channelsOf(input)), convolutionWindows(input), paddingModes).chain((drawn) =>
    argumentsFor(input, ...drawn),
  )

/** Convolutions over `[N, C, L]`, with any groups, stride, dilation, padding and padding mode, with and without bias. */
export const arbitraryConv1d: LayerGenerator<ModuleOf<typeof Conv1d>> = layerGenerator(
  shapesWithAxes(1),
  (input) => convArguments(input).map((given) => Conv1d(given)),
)

/** {@link arbitraryConv1d} over `[N, C, H, W]`. */
export const arbitraryConv2d: LayerGenerator<ModuleOf<typeof Conv2d>> = layerGenerator(
  shapesWithAxes(2),
  (input) => convArguments(input).map((given) => Conv2d(given)),
)

/** {@link arbitraryConv1d} over `[N, C, D, H, W]`. */
export const arbitraryConv3d: LayerGenerator<ModuleOf<typeof Conv3d>> = layerGenerator(
  shapesWithAxes(3),
  (input) => convArguments(input).map((given) => Conv3d(given)),
)
