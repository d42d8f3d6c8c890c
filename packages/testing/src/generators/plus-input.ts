import { Add, type AnyModule, graphModule, Sequential } from '@nnfuse/ir'
import { type Arbitrary, boolean, constantFrom, tuple } from 'fast-check'
import { type Example, outputShape } from './chain-of.js'
import type { Shape } from './layer-generator.js'

/** What broadcasts to a shape: itself, mostly; a number for each channel; one number. */
const addable = (shape: Shape): Arbitrary<Shape> => {
  const [, channels = 1, ...spatial] = shape
  return constantFrom(shape, shape, [channels, ...spatial.map(() => 1)], [])
}

/**
 * The same models with a second input added to what they give, on the left or on the right, and perhaps layers after
 * the addition.
 *
 * @param examples random models of one input
 * @example `plusInput(chainOf(arbitraryConv2d), ReLU())`
 */
export const plusInput = (
  examples: Arbitrary<Example>,
  ...after: readonly AnyModule[]
): Arbitrary<Example> => {
  const withSum = ({ model, inputs }: Example): Arbitrary<Example> => {
    const [input = []] = inputs
    const layers = { layers: model, add: Add(), after: Sequential(after) }
    return tuple(addable(outputShape(model, input)), boolean()).map(([other, onTheLeft]) => ({
      model: graphModule(layers, (m, x, y) =>
        m.after(onTheLeft ? m.add(y, m.layers(x)) : m.add(m.layers(x), y)),
      ),
      inputs: [input, other],
    }))
  }
  return examples.chain(withSum)
}
