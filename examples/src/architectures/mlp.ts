import { type GraphModuleOf, graphModule, manualSeed, ReLU, Sequential } from '@nnfuse/ir'

/** Linear, batch-norm, ReLU, twice, and a classifier: 2 batch-norms. */
export const mlp = (seed: number): GraphModuleOf => {
  const nn = manualSeed(seed)
  const layers = Sequential([
    nn.Linear(64, 128),
    nn.BatchNorm1d(128),
    ReLU(),
    nn.Linear(128, 128, { bias: false }),
    nn.BatchNorm1d(128),
    ReLU(),
    nn.Linear(128, 10),
  ])
  return graphModule({ layers }, (m, x) => m.layers(x), {
    inputs: { features: { dtype: 'float32', shape: ['batch', 64] } },
  })
}
