import { Conv2d, graphModule, Linear, Mul, manualSeed, ReLU, Sequential } from '@nnfuse/ir'
import {
  arbitraryLinear,
  chainOf,
  generate,
  layerGenerator,
  shapesWithAxes,
  testPlugin,
} from '@nnfuse/testing'
import { test } from 'vitest'
import squaredReLU, { SquaredReLU } from '../src/index.js'

const nn = manualSeed(0)

/** Random squared ReLUs: there is only one, for inputs of any shape. */
const arbitrarySquaredReLU = layerGenerator(shapesWithAxes(0), () => generate(() => SquaredReLU()))

const square = { relu: ReLU(), mul: Mul() }

/** Random models in which a value is a ReLU times itself. */
const squares = generate((random) => {
  const [rows, features] = [random.integer(1, 4), random.integer(1, 4)]
  const before = Linear({ weight: random.tensor([features, 3]), bias: null })
  const model = graphModule({ before, ...square }, (m, x) => {
    const positive = m.relu(m.before(x))
    return m.mul(positive, positive)
  })
  return { model, inputs: [[rows, 3]] }
})

/** Random convolutions, some of which have groups. */
const arbitraryDense = layerGenerator(shapesWithAxes(2), ([, channels = 1]) =>
  generate((random) => Conv2d({ weight: random.tensor([random.integer(1, 3), channels, 2, 2]) })),
)

testPlugin(
  squaredReLU(),
  {
    'squared-relu': {
      fuses: [
        {
          model: graphModule(square, (m, x) => {
            const positive = m.relu(x)
            return m.mul(positive, positive)
          }),
          inputs: [[2, 3]],
          prints: `
            nn.GraphModule (x) -> (mul)
              relu: acme.SquaredReLU : mul <- x
          `,
        },
        squares,
      ],
    },
    'linear-squared-relu': {
      fuses: [Sequential([nn.Linear(3, 4), SquaredReLU()]), chainOf(arbitraryLinear, arbitrarySquaredReLU)],
    },
    'dense-conv2d-relu': {
      fuses: [Sequential([nn.Conv2d(2, 4, 3), ReLU()])],
      declines: [
        {
          model: Sequential({ conv: nn.Conv2d(2, 4, 3, { groups: 2 }), relu: ReLU() }),
          reason: 'conv has 2 groups, and the backend no kernel for that with a ReLU',
        },
      ],
    },
  },
  { test, generators: { 'acme.SquaredReLU': arbitrarySquaredReLU, 'nn.Conv2d': arbitraryDense } },
)
