import {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeArguments,
  type ModuleOf,
} from '@nnfuse/ir'
import { type Arbitrary, constant, tuple } from 'fast-check'
import {
  channelsOf,
  type LayerGenerator,
  layerGenerator,
  type Shape,
  shapesWithAxes,
} from './layer-generator.js'
import { arbitraryTensor } from './tensors.js'
import { type Channels, channelsFor, transposedWindows, type WindowAxis } from './windows.js'

const argumentsFor = (
  input: Shape,
  { groups, outPerGroup, bias }: Channels,
  windows: readonly WindowAxis[],
): Arbitrary<ConvTransposeArguments> => {
  const kernel = windows.map((axis) => axis.kernel)
  const geometry = {
    stride: windows.map((axis) => axis.stride),
    padding: windows.map((axis) => axis.padding),
    outputPadding: windows.map((axis) => axis.outputPadding),
    dilation: windows.map((axis) => axis.dilation),
  }
  return tuple(
    arbitraryTensor([channelsOf(input), outPerGroup, ...kernel]),
    bias ? arbitraryTensor([groups * outPerGroup]) : constant(null),
  ).map(([weight, bias]) => ({ weight, bias, ...geometry, groups }))
}

const convTransposeArguments = (input: Shape): Arbitrary<ConvTransposeArguments> =>
  tuple(channelsFor(channelsOf(input)), transposedWindows(input)).chain((drawn) =>
    argumentsFor(input, ...drawn),
  )

/** Transposed convolutions over `[N, C, L]`, with any groups, stride, dilation, padding and output padding. */
export const arbitraryConvTranspose1d: LayerGenerator<ModuleOf<typeof ConvTranspose1d>> = layerGenerator(
  shapesWithAxes(1),
  (input) => convTransposeArguments(input).map((given) => ConvTranspose1d(given)),
)

/** {@link arbitraryConvTranspose1d} over `[N, C, H, W]`. */
export const arbitraryConvTranspose2d: LayerGenerator<ModuleOf<typeof ConvTranspose2d>> = layerGenerator(
  shapesWithAxes(2),
  (input) => convTransposeArguments(input).map((given) => ConvTranspose2d(given)),
)

/** {@link arbitraryConvTranspose1d} over `[N, C, D, H, W]`. */
export const arbitraryConvTranspose3d: LayerGenerator<ModuleOf<typeof ConvTranspose3d>> = layerGenerator(
  shapesWithAxes(3),
  (input) => convTransposeArguments(input).map((given) => ConvTranspose3d(given)),
)
