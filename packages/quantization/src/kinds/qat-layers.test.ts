import {
  type BatchNormAttrs,
  findModule,
  floatTensor,
  loadStateDict,
  stateDict,
  type Tensor,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { describe, expect, test } from 'vitest'
import { drawn, expectClose, numbersOf, readGolden } from '../../test/golden.js'
import { type LayerCase, moduleOf, nameOf } from '../../test/layer-case.js'
import { FakeQuantize, type FakeQuantizeAttrs, minMax, type QatModule } from '../index.js'

const { cases } = readGolden<{ cases: readonly LayerCase[] }>('qat-layers')

const input = ({ input: shape }: LayerCase, k: number): Tensor => drawn(1 + k, shape, (x) => x * (1 + k))

const expectState = async (module: QatModule, { state }: LayerCase): Promise<void> => {
  if (state.runningMean && state.runningVar) {
    const { runningMean, runningVar, numBatchesTracked } = findModule(module, 'bn').attrs as BatchNormAttrs
    await expectClose(runningMean, state.runningMean)
    await expectClose(runningVar, state.runningVar)
    expect(await numbersOf(numBatchesTracked)).toEqual([state.numBatchesTracked])
  }
  if (state.scale === undefined) return
  const { scale, zeroPoint } = findModule(module, 'weight_fake_quant').attrs as FakeQuantizeAttrs
  const wanted = state.scale
  for (const [i, one] of (await numbersOf(scale)).entries())
    expect(one / (wanted[i] as number)).toBeCloseTo(1, 5)
  expect(await numbersOf(zeroPoint)).toEqual(state.zeroPoint)
}

describe('two steps of a layer give what torch gives', () => {
  test.each(cases.map((one) => [nameOf(one), one] as const))('%s', async (_, one) => {
    let module = moduleOf(one)
    for (const [k, step] of one.steps.entries()) {
      const { outputs, model } = await run(module, [input(one, k)])
      await expectClose(outputs[0], step.output)
      module = model
    }
    await expectState(module, one)
  })
})

const find = (kind: string, more: Partial<LayerCase> = {}): LayerCase =>
  cases.find(
    (one) =>
      one.kind === kind && Object.entries(more).every(([name, value]) => one[name as 'kind'] === value),
  ) as LayerCase

test("state-dict keys are torch's", () => {
  expect([...stateDict(moduleOf(find('ConvBnReLU2d'))).keys()]).toEqual([
    'weight',
    'bias',
    'bn.weight',
    'bn.bias',
    'bn.running_mean',
    'bn.running_var',
    'bn.num_batches_tracked',
    'weight_fake_quant.scale',
    'weight_fake_quant.zero_point',
  ])
})

test("a state dict of torch's first version, with gamma and beta, is refused with its keys", () => {
  const module = moduleOf(find('ConvBn2d'))
  const renamed = new Map(
    [...stateDict(module)].map(([key, tensor]) => [key.replace('bn.weight', 'gamma'), tensor]),
  )
  expect(() => loadStateDict(module, renamed)).toThrow(
    expect.objectContaining({ code: 'BAD_STATE_DICT', message: expect.stringMatching(/bn\.weight.*gamma/s) }),
  )
})

test('a gamma of 0 leaves the running mean a number, where torch makes it NaN', async () => {
  const one = find('ConvBn2d', { zeroGamma: true, slow: false, mode: 'train' })
  const { model } = await run(moduleOf(one), [input(one, 0)])
  const { runningMean } = findModule(model, 'bn').attrs as BatchNormAttrs
  expect((await numbersOf(runningMean)).every(Number.isFinite)).toBe(true)
})

test('padding given as a word is a word, where torch takes it for a list of letters', async () => {
  const one = cases.find(
    ({ kind, options }) => kind === 'ConvBn2d' && options['padding'] === 'same',
  ) as LayerCase
  const { outputs } = await run(moduleOf(one), [input(one, 0)])
  expect(outputs[0]?.shape.slice(2)).toEqual(one.input.slice(2))
})

test('one formula for symmetric grids: torch has another where observer and fake quantization are one module', async () => {
  const module = FakeQuantize({ dtype: 'int8', scheme: 'symmetric', observer: minMax() })
  const { model } = await run(module, [floatTensor([-1, 2], [2])])
  expect(await numbersOf(model.attrs.scale)).toEqual([Math.fround(2 / 127.5)])
  const positive = await run(module, [floatTensor([0.5, 1], [2])])
  expect(await numbersOf(positive.model.attrs.zeroPoint)).toEqual([0])
})
