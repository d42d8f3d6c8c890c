import { Linear, type LinearArguments, type LinearModule } from '@nnfuse/ir'
import { type Arbitrary, constant, integer, oneof, tuple } from 'fast-check'
import { type LayerGenerator, layerGenerator, type Shape, shapesWithAxes } from './layer-generator.js'
import { arbitraryTensor } from './tensors.js'

const linearArguments = (input: Shape): Arbitrary<LinearArguments> =>
  integer({ min: 1, max: 5 }).chain((out) =>
    tuple(arbitraryTensor([out, input.at(-1) ?? 1]), oneof(arbitraryTensor([out]), constant(null))).map(
      ([weight, bias]) => ({ weight, bias }),
    ),
  )

/** Linear layers over `[N, features]`, with and without bias. */
export const arbitraryLinear: LayerGenerator<LinearModule> = layerGenerator(shapesWithAxes(0), (input) =>
  linearArguments(input).map((given) => Linear(given)),
)
