import {
  type AnyModule,
  type BatchNormAttrs,
  findModule,
  floatTensor,
  loadStateDict,
  stateDict,
  type Tensor,
  train,
} from '@nnfuse/ir'
import { type Loss, valueAndGrad } from '@nnfuse/runtime'
import { expect, test } from 'vitest'
import { drawn, type Encoded, expectClose, expectGradient, numbersOf, readGolden } from '../../test/golden.js'
import { type LayerCase, type LayerSetup, moduleOf, nameOf } from '../../test/layer-case.js'
import { type FakeQuantizeAttrs, freezeBatchNormStats, observe } from '../index.js'

/*
 * torch's test_conv_bn_folded_vs_unfolded, held to torch itself: five steps of gradient descent; before each the model is
 * put into training mode, before the third its statistics are frozen, before the fourth its observer stops.
 */

interface TrainingCase extends LayerSetup {
  readonly training: readonly {
    readonly output: Encoded
    readonly gradients: Readonly<Record<string, Encoded>>
    readonly state: LayerCase['state']
  }[]
}

const { rate, frozenAfter, unwatchedAfter, cases } = readGolden<{
  readonly rate: number
  readonly frozenAfter: number
  readonly unwatchedAfter: number
  readonly cases: readonly TrainingCase[]
}>('qat-training')

const loss: Loss = (outputs, targets) => {
  const [y, cotangent] = [...outputs, ...targets] as [(typeof outputs)[number], (typeof outputs)[number]]
  return y.mul(cotangent).sum()
}

const keys: Readonly<Record<string, string>> = {
  weight: 'weight',
  bias: 'bias',
  gamma: 'bn.weight',
  beta: 'bn.bias',
}

const descended = async (model: AnyModule, gradients: ReadonlyMap<string, Tensor>): Promise<AnyModule> => {
  const parameters = stateDict(model)
  const moved = new Map<string, Tensor>()
  for (const [key, gradient] of gradients) {
    const parameter = parameters.get(key) as Tensor
    const slopes = await numbersOf(gradient)
    const values = (await numbersOf(parameter)).map((x, i) => x - rate * (slopes[i] as number))
    moved.set(key, floatTensor(values, parameter.shape))
  }
  return loadStateDict(model, moved, { strict: false })
}

/** The model as it is told before a step. */
const readied = (model: AnyModule, k: number, { quantized }: TrainingCase): AnyModule => {
  const frozen = k === frozenAfter ? freezeBatchNormStats(train(model)) : train(model)
  return k === unwatchedAfter && quantized !== 'float' ? observe(frozen, false) : frozen
}

const expectState = async (model: AnyModule, state: LayerCase['state']): Promise<void> => {
  const { runningMean, runningVar, numBatchesTracked } = findModule(model, 'bn').attrs as BatchNormAttrs
  await expectClose(runningMean, state.runningMean as Encoded)
  await expectClose(runningVar, state.runningVar as Encoded)
  expect(await numbersOf(numBatchesTracked)).toEqual([state.numBatchesTracked])
  if (state.scale === undefined) return
  const { scale } = findModule(model, 'weight_fake_quant').attrs as FakeQuantizeAttrs
  for (const [i, one] of (await numbersOf(scale)).entries()) {
    expect(one / (state.scale[i] as number)).toBeCloseTo(1, 5)
  }
}

test.each(cases.map((one) => [nameOf(one), one] as const))(
  'trains as torch does, frozen after two steps, unwatched after three: %s',
  async (_, one) => {
    let model: AnyModule = moduleOf(one)
    for (const [k, wanted] of one.training.entries()) {
      const input = drawn(71 + k, one.input, (x) => x * (1 + 0.5 * k))
      const targets = [drawn(81 + k, wanted.output.shape)]
      const step = await valueAndGrad(readied(model, k, one), [input], loss, { targets })
      await expectClose(step.outputs[0], wanted.output)
      for (const [name, gradient] of Object.entries(wanted.gradients)) {
        await expectGradient(step.gradients.get(keys[name] as string), gradient)
      }
      model = await descended(step.model, step.gradients)
      await expectState(model, wanted.state)
    }
    expect(one.training.length).toBe(5)
  },
)
