import {
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormAttrs,
  type BatchNormModule,
  Conv1d,
  ConvBn1d,
  findModule,
  floatTensor,
  inference,
  Model,
  readValues,
  Sequential,
  stateDict,
  type Tensor,
  tensorOf,
  train,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { drawn, expectGolden, type GoldenTraining, golden, parameter } from '../test/golden.js'
import { run } from './index.js'

const kinds = { BatchNorm1d, BatchNorm2d, BatchNorm3d }

const zero = (): Tensor => tensorOf('int64', [], new Uint8Array(8))

const batchNormOf = ({ kind, shape, momentum }: GoldenTraining): BatchNormModule => {
  const features = shape[1] as number
  const named = ['weight', 'bias', 'runningMean', 'runningVar'].map((name) => [
    name,
    parameter(name, [features]),
  ])
  const given = { numFeatures: features, momentum, numBatchesTracked: zero(), ...Object.fromEntries(named) }
  return train(kinds[kind as keyof typeof kinds](given)) as BatchNormModule
}

const attrsOf = (module: AnyModule, path = ''): BatchNormAttrs =>
  (path === '' ? module : findModule(module, path)).attrs as BatchNormAttrs

const simple = (given: Partial<BatchNormAttrs> = {}): BatchNormModule =>
  BatchNorm1d({
    numFeatures: 1,
    runningMean: floatTensor([0], [1]),
    runningVar: floatTensor([1], [1]),
    numBatchesTracked: zero(),
    ...given,
  })

const column = (...values: number[]): Tensor => floatTensor(values, [values.length, 1])
const numbers = async (tensor: Tensor | null | undefined): Promise<number[]> =>
  Array.from(await readValues(tensor as Tensor), Number)

describe('batch-norm in training mode', () => {
  test.each(golden.training)('is that of torch after two steps: $kind $shape $momentum', async (entry) => {
    const first = await run(batchNormOf(entry), [drawn(1, entry.shape)])
    const { outputs, model } = await run(first.model, [drawn(2, entry.shape, 'float32', (x) => 3 * x)])
    await expectGolden(outputs[0], entry.expected)
    await expectGolden(model.attrs.runningMean as Tensor, entry.runningMean)
    await expectGolden(model.attrs.runningVar as Tensor, entry.runningVar)
    expect(await numbers(model.attrs.numBatchesTracked)).toEqual([entry.numBatchesTracked])
  })

  test('leaves the given model as it was and returns another of the same kind', async () => {
    const model = new Model(train(Sequential([simple()])))
    const before = model.root
    const result = await run(model, [column(1, 3)])
    expect(model.root).toBe(before)
    expect(await numbers(attrsOf(before, '0').runningMean)).toEqual([0])
    expect(result.model).toBeInstanceOf(Model)
    expect(result.model).not.toBe(model)
    expect(await numbers(attrsOf(result.model.root, '0').runningMean)).toEqual([Math.fround(0.2)])
  })

  test('a layer that is called twice continues from its first call', async () => {
    const shared = train(simple({ momentum: 0.5 }))
    const { model } = await run(Sequential({ a: shared, b: shared }), [column(2, 6)])
    // first the batch's mean 4, then the mean 0 of the normalized values
    expect(await numbers(attrsOf(model, 'a').runningMean)).toEqual([1])
    expect(await numbers(attrsOf(model, 'a').numBatchesTracked)).toEqual([2])
    expect(findModule(model, 'b')).toBe(findModule(model, 'a'))
  })

  test('layers that merely share their first statistics keep apart', async () => {
    const zeros = floatTensor([0], [1])
    const layer = (): AnyModule => train(simple({ runningMean: zeros, bias: zeros, momentum: 1 }))
    const { model } = await run(Sequential([layer(), layer()]), [column(2, 6)])
    expect(await numbers(attrsOf(model, '0').runningMean)).toEqual([4])
    expect(await numbers(attrsOf(model, '1').runningMean)).toEqual([0])
    expect(await numbers(attrsOf(model, '0').bias)).toEqual([0])
  })

  test('inside a fused layer the child is updated', async () => {
    const conv = Conv1d({ weight: floatTensor([1], [1, 1, 1]) })
    const fused = train(ConvBn1d(conv, simple({ momentum: 1 }) as never))
    const { model } = await run(fused, [floatTensor([1, 3], [1, 1, 2])])
    expect(model.kind).toBe('nni.ConvBn1d')
    const state = stateDict(model)
    expect(await numbers(state.get('1.running_mean'))).toEqual([2])
    expect(await numbers(state.get('1.running_var'))).toEqual([2])
  })

  test('keeps the dtype of the statistics', async () => {
    const halves = {
      runningMean: floatTensor([0], [1], 'float16'),
      runningVar: floatTensor([1], [1], 'bfloat16'),
    }
    const { model } = await run(train(simple(halves)), [column(1, 2)])
    expect(attrsOf(model).runningMean?.dtype).toBe('float16')
    expect(attrsOf(model).runningVar?.dtype).toBe('bfloat16')
  })

  test('without momentum and without a count the statistics stay', async () => {
    const { model } = await run(train(simple({ momentum: null, numBatchesTracked: null })), [column(1, 5)])
    expect(await numbers(attrsOf(model).runningMean)).toEqual([0])
  })

  test('refuses one value a channel, as torch does', async () => {
    const failing = run(train(Sequential([simple()])), [column(1)])
    await expect(failing).rejects.toMatchObject({
      code: 'RUN_FAILED',
      path: '0',
      cause: { code: 'BAD_INPUT' },
    })
  })
})

test('batch-norm without running statistics uses those of the batch in inference too, and keeps none', async () => {
  const model = inference(simple({ runningMean: null, runningVar: null, numBatchesTracked: null, eps: 0 }))
  const { outputs, model: after } = await run(model, [column(1, 3)])
  expect(await numbers(outputs[0])).toEqual([-1, 1])
  expect(after).toBe(model)
})

test('batch-norm refuses ranks that torch refuses', async () => {
  const model = BatchNorm2d({ numFeatures: 2 })
  await expect(run(model, [floatTensor([1, 2], [1, 2])])).rejects.toThrow('[N, 2, ...] of 4 dimensions')
})
