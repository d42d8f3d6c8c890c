import {
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormAttrs,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvAttrs,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeAttrs,
  flatten,
  Gemm,
  type GemmAttrs,
  type Graph,
  inChannels,
  inChannelsTransposed,
  inFeatures,
  Linear,
  type LinearAttrs,
  type ValueId,
  type ValueType,
} from '@nnfuse/ir'
import { noInputShape } from './errors.js'
import type { Shape } from './generators/layer-generator.js'

/** For sizes that a model leaves open. */
const batch = 2
const size = 8

const image = (channels: number, axes: number): Shape => [
  batch,
  channels,
  ...new Array<number>(axes).fill(size),
]

const spatialAxes = ({ weight }: ConvAttrs | ConvTransposeAttrs): number => weight.shape.length - 2

const forConv = (attrs: unknown): Shape =>
  image(inChannels(attrs as ConvAttrs), spatialAxes(attrs as ConvAttrs))
const forTransposed = (attrs: unknown): Shape =>
  image(inChannelsTransposed(attrs as ConvTransposeAttrs), spatialAxes(attrs as ConvTransposeAttrs))
/** As many rows as its bias has; any number for a bias of one row. */
const forGemm = (attrs: unknown): Shape => {
  const { weight, bias } = attrs as GemmAttrs
  const [rows = 1] = bias.shape
  return [rows === 1 ? batch : rows, weight.shape[1] ?? 1]
}
const forNorm =
  (axes: number) =>
  (attrs: unknown): Shape =>
    image((attrs as BatchNormAttrs).numFeatures, axes)

/** What layers of a kind can be given, by their attributes. */
const shapeFor: ReadonlyMap<string, (attrs: unknown) => Shape> = new Map([
  [Conv1d.kind, forConv],
  [Conv2d.kind, forConv],
  [Conv3d.kind, forConv],
  [ConvTranspose1d.kind, forTransposed],
  [ConvTranspose2d.kind, forTransposed],
  [ConvTranspose3d.kind, forTransposed],
  [Linear.kind, (attrs: unknown): Shape => [batch, inFeatures(attrs as LinearAttrs)]],
  [Gemm.kind, forGemm],
  [BatchNorm1d.kind, forNorm(0)],
  [BatchNorm2d.kind, forNorm(2)],
  [BatchNorm3d.kind, forNorm(3)],
])

const stated = (type: ValueType | undefined): Shape | undefined =>
  type?.shape?.map((dim, axis) => {
    if (typeof dim === 'number') return dim
    return axis === 0 ? batch : size
  })

const asked = (
  input: ValueId,
  { calls }: Graph,
  children: ReadonlyMap<string, AnyModule>,
): Shape | undefined => {
  for (const { target, inputs } of calls) {
    const module = children.get(target) as AnyModule
    const shape = inputs.includes(input) ? shapeFor.get(module.kind)?.(module.attrs) : undefined
    if (shape !== undefined) return shape
  }
  return undefined
}

/** The shape that each input of a model can have: as its graph states it, else as the layers that use it need it. */
const shapesByInput = (model: AnyModule): [ValueId, Shape | undefined][] => {
  const { attrs, children } = flatten(model)
  return attrs.inputs.map((input) => [input, stated(attrs.types.get(input)) ?? asked(input, attrs, children)])
}

/** Shapes that a model's inputs can have; undefined where one of them does not follow from the model. */
export const inputShapesIfKnown = (model: AnyModule): Shape[] | undefined => {
  const shapes = shapesByInput(model).map(([, shape]) => shape)
  return shapes.every((shape) => shape !== undefined) ? shapes : undefined
}

/**
 * Shapes that a model's inputs can have.
 *
 * @throws NnfuseError `NO_INPUT_SHAPE`
 */
export const inputShapesOf = (model: AnyModule): Shape[] =>
  shapesByInput(model).map(([input, shape]) => {
    if (shape === undefined) throw noInputShape(input)
    return shape
  })
