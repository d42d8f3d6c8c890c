import type { Tensor } from '@nnfuse/ir'
import { type Loss, valueAndGrad } from '@nnfuse/runtime'
import { describe, test } from 'vitest'
import { drawn, expectClose, expectGradient, readGolden } from '../../test/golden.js'
import { type LayerCase, moduleOf, nameOf } from '../../test/layer-case.js'

const { cases } = readGolden<{ cases: readonly LayerCase[] }>('qat-layers')

/** As the script has it: the sum of output times cotangent. */
const loss: Loss = (outputs, targets) => {
  const [y, cotangent] = [...outputs, ...targets] as [(typeof outputs)[number], (typeof outputs)[number]]
  return y.mul(cotangent).sum()
}

const input = ({ input: shape }: LayerCase, k: number): Tensor => drawn(1 + k, shape, (x) => x * (1 + k))

const keys: Readonly<Record<string, string>> = {
  weight: 'weight',
  bias: 'bias',
  gamma: 'bn.weight',
  beta: 'bn.bias',
}

describe('gradients of a layer are those of torch, in two steps', () => {
  test.each(cases.map((one) => [nameOf(one), one] as const))('%s', async (_, one) => {
    let module = moduleOf(one)
    for (const [k, { output, gradients }] of one.steps.entries()) {
      const cotangent = drawn(21 + k, output.shape)
      const result = await valueAndGrad(module, [input(one, k)], loss, {
        targets: [cotangent],
        inputGradients: true,
      })
      await expectClose(result.outputs[0], output)
      for (const [name, wanted] of Object.entries(gradients)) {
        const gradient = name === 'x' ? result.inputGradients[0] : result.gradients.get(keys[name] as string)
        // The bias before a batch-norm that trains has no effect.
        await expectGradient(gradient, wanted)
      }
      module = result.model
    }
  })
})
