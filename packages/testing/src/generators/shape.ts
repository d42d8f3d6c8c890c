import {
  type AnyModule,
  Pad,
  type PadPair,
  Reshape,
  type ReshapeSize,
  Squeeze,
  Transpose,
  Unsqueeze,
} from '@nnfuse/ir'
import {
  type Arbitrary,
  array,
  constantFrom,
  integer,
  oneof,
  shuffledSubarray,
  subarray,
  tuple,
} from 'fast-check'
import { type LayerGenerator, layerGenerator, type Shape, shapesWithAxes } from './layer-generator.js'

const anyShape: Arbitrary<Shape> = oneof(...[0, 1, 2].map(shapesWithAxes))

const axesOf = (shape: Shape): number[] => shape.map((_, axis) => axis)

const arbitraryTranspose: LayerGenerator = layerGenerator(anyShape, (input) =>
  shuffledSubarray(axesOf(input), { minLength: input.length }).map((perm) => Transpose({ perm })),
)

/** All axes from one on as one, all but the last as one, as it was, or a row. */
const otherShapes = (input: Shape): (readonly ReshapeSize[])[] => [
  ...axesOf(input).map((axis): ReshapeSize[] => [...new Array<'copy'>(axis).fill('copy'), -1]),
  [-1, input.at(-1) ?? 1],
  input,
]

const arbitraryReshape: LayerGenerator = layerGenerator(anyShape, (input) =>
  constantFrom(...otherShapes(input)).map((shape) => Reshape({ shape })),
)

/** Shapes of which some sizes are 1. */
const thinShapes: Arbitrary<Shape> = anyShape.chain((shape) =>
  subarray(axesOf(shape)).map((thin) => shape.map((size, axis) => (thin.includes(axis) ? 1 : size))),
)

const arbitrarySqueeze: LayerGenerator = layerGenerator(thinShapes, (input) =>
  subarray(axesOf(input).filter((axis) => input[axis] === 1)).map((axes) => Squeeze({ axes })),
)

const arbitraryUnsqueeze: LayerGenerator = layerGenerator(anyShape, (input) =>
  integer({ min: -1, max: input.length }).map((axis) => Unsqueeze({ axes: [axis] })),
)

const arbitraryPad: LayerGenerator = layerGenerator(anyShape, (input) => {
  const pair: Arbitrary<PadPair> = tuple(integer({ min: 0, max: 2 }), integer({ min: 0, max: 2 }))
  const pads = array(pair, { minLength: input.length, maxLength: input.length })
  return tuple(pads, constantFrom(0, -1.5)).map(([pads, value]): AnyModule => Pad({ pads, value }))
})

/** Layers that move elements about or put some around them, by kind. What they give may have other axes. */
export const shapeGenerators: ReadonlyMap<string, LayerGenerator> = new Map([
  [Transpose.kind, arbitraryTranspose],
  [Reshape.kind, arbitraryReshape],
  [Squeeze.kind, arbitrarySqueeze],
  [Unsqueeze.kind, arbitraryUnsqueeze],
  [Pad.kind, arbitraryPad],
])
