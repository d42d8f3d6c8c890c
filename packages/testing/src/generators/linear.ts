import { Gemm, type GemmModule, Linear, type LinearArguments, type LinearModule } from '@nnfuse/ir'
import { type Arbitrary, boolean, constant, constantFrom, integer, oneof, tuple } from 'fast-check'
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

/** Matrix products with a bias for every row, or one for every column. */
export const arbitraryGemm: LayerGenerator<GemmModule> = layerGenerator(
  shapesWithAxes(0),
  ([rows = 1, features = 1]) =>
    tuple(integer({ min: 1, max: 5 }), constantFrom(1, rows), boolean()).chain(([out, biasRows, wide]) =>
      tuple(arbitraryTensor([out, features]), arbitraryTensor([biasRows, wide ? out : 1])).map(
        ([weight, bias]) => Gemm({ weight, bias }),
      ),
    ),
)
