import {
  type AnyModule,
  activations,
  Dropout,
  GELU,
  Hardswish,
  Identity,
  LeakyReLU,
  ReLU,
  ReLU6,
  Sigmoid,
  SiLU,
  Tanh,
} from '@nnfuse/ir'
import { type Arbitrary, constant, constantFrom, oneof } from 'fast-check'
import { type LayerGenerator, layerGenerator, shapesWithAxes } from './layer-generator.js'

/** A generator of layers that take any shape. */
const elementwise = (layers: Arbitrary<AnyModule>): LayerGenerator =>
  layerGenerator(shapesWithAxes(0), () => layers)

/** What every value can be given to, by kind: activations with random arguments, Identity, Dropout. */
export const elementwiseGenerators: ReadonlyMap<string, LayerGenerator> = new Map([
  [ReLU.kind, elementwise(constant(ReLU()))],
  [ReLU6.kind, elementwise(constant(ReLU6()))],
  [Tanh.kind, elementwise(constant(Tanh()))],
  [Sigmoid.kind, elementwise(constant(Sigmoid()))],
  [SiLU.kind, elementwise(constant(SiLU()))],
  [Hardswish.kind, elementwise(constant(Hardswish()))],
  [LeakyReLU.kind, elementwise(constantFrom(0.01, 0.2).map((negativeSlope) => LeakyReLU({ negativeSlope })))],
  [GELU.kind, elementwise(constantFrom('none', 'tanh').map((approximate) => GELU({ approximate })))],
  [Identity.kind, elementwise(constant(Identity()))],
  [Dropout.kind, elementwise(constantFrom(0.5, 0.1).map((p) => Dropout({ p })))],
])

/** Activations of every kind that can be held together with the layer before them. */
export const arbitraryActivation: LayerGenerator = elementwise(
  oneof(...activations.map(({ kind }) => (elementwiseGenerators.get(kind) as LayerGenerator)([]))),
)
