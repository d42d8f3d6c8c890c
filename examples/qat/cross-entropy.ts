import { nn, type numpy as np } from '@jax-js/jax'
import type { Loss } from '@nnfuse/runtime'

/** Mean of `-log(probability of the right class)`; the targets are ones and zeros, `[N, classes]`. */
export const crossEntropy: Loss = ([logits], [targets]) => {
  const [y, wanted] = [logits, targets] as [np.Array, np.Array]
  const [count = 1] = y.shape
  return nn
    .logSoftmax(y, 1)
    .mul(wanted)
    .sum()
    .mul(-1 / count)
}
