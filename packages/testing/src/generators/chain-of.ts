import { type AnyModule, inferModule, Sequential } from '@nnfuse/ir'
import { type Arbitrary, constant } from 'fast-check'
import { noOutputShape } from '../errors.js'
import type { LayerGenerator, Shape } from './layer-generator.js'

/** A model with the shapes of its inputs. */
export interface Example {
  readonly model: AnyModule
  readonly inputs: readonly Shape[]
}

/** @throws NnfuseError `NO_OUTPUT_SHAPE` where the kind does not say what shape it gives */
export const outputShape = (layer: AnyModule, input: Shape): Shape => {
  const [type] = inferModule(layer, [{ dtype: 'float32', shape: input }])
  if (type?.shape?.every((size) => typeof size === 'number')) return type.shape as Shape
  throw noOutputShape(layer.kind)
}

const layersFor = (
  input: Shape,
  [next, ...rest]: readonly LayerGenerator[],
): Arbitrary<readonly AnyModule[]> => {
  if (next === undefined) return constant([])
  if (rest.length === 0) return next(input).map((layer) => [layer])
  return next(input).chain((layer) =>
    layersFor(outputShape(layer, input), rest).map((following) => [layer, ...following]),
  )
}

/**
 * Random models of layers one after the other, each made for what the one before it gives.
 *
 * @example `chainOf(arbitraryConv2d, arbitraryBatchNorm2d)`
 * @throws NnfuseError `NO_OUTPUT_SHAPE` while models are made, where a kind does not say what shape it gives
 */
export const chainOf = (first: LayerGenerator, ...rest: readonly LayerGenerator[]): Arbitrary<Example> =>
  first.inputs.chain((input) =>
    layersFor(input, [first, ...rest]).map((layers) => ({ model: Sequential(layers), inputs: [input] })),
  )
