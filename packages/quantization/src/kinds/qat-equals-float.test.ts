import {
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormAttrs,
  Conv2d,
  ConvBn2d,
  ConvBnReLU2d,
  findModule,
  floatTensor,
  inference,
  Linear,
  LinearBn1d,
  type PaddingMode,
  ReLU,
  type Tensor,
  tensorOf,
  train,
} from '@nnfuse/ir'
import { type Loss, run, valueAndGrad } from '@nnfuse/runtime'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawn, numbersOf } from '../../test/golden.js'
import { fakeQuantize, freezeBatchNormStats, observe, qatKinds } from '../index.js'

/*
 * torch's test_conv_bn_relu and test_linear_bn_numerics: without fake quantization a prepared layer computes what layer,
 * batch-norm and ReLU compute one after the other, in float64: outputs and all gradients in two steps, and the same
 * running statistics after them.
 */

interface Drawn {
  readonly groups: number
  readonly kernel: number
  readonly stride: number
  readonly padding: number
  readonly paddingMode: PaddingMode
  readonly relu: boolean
  readonly bias: boolean
  readonly slow: boolean
  readonly zeroGamma: boolean
  readonly mode: 'train' | 'eval' | 'frozen'
  readonly eps: number
  readonly momentum: number | null
}

const layers: fc.Arbitrary<Drawn> = fc.record({
  groups: fc.constantFrom(1, 2, 3),
  kernel: fc.constantFrom(1, 2, 3),
  stride: fc.constantFrom(1, 2),
  padding: fc.constantFrom(0, 1, 2),
  paddingMode: fc.constantFrom<PaddingMode>('zeros', 'circular'),
  relu: fc.boolean(),
  bias: fc.boolean(),
  slow: fc.boolean(),
  zeroGamma: fc.boolean(),
  mode: fc.constantFrom<Drawn['mode']>('train', 'eval', 'frozen'),
  eps: fc.constantFrom(1e-5, 1e-3, 0.1),
  momentum: fc.constantFrom(0.1, 0.5, null),
})

const float64 = (
  seed: number,
  shape: readonly number[],
  change: (x: number, i: number) => number = (x) => x,
) => {
  const count = shape.reduce((product, size) => product * size, 1)
  const values = Array.from({ length: count }, (_, i) => change(Math.sin(seed * 100 + i * 1.7), i))
  return floatTensor(values, shape, 'float64')
}

const normOf = (
  channels: number,
  { eps, momentum, zeroGamma }: Pick<Drawn, 'eps' | 'momentum' | 'zeroGamma'>,
) => ({
  numFeatures: channels,
  weight: float64(3, [channels], (x, i) => (zeroGamma && i === 1 ? 0 : x + 1.5)),
  bias: float64(4, [channels]),
  runningMean: float64(5, [channels]),
  runningVar: float64(6, [channels], (x) => x + 1.5),
  numBatchesTracked: tensorOf('int64', [], new Uint8Array(8)),
  eps,
  momentum,
})

const weight = { dtype: 'int8', scheme: 'symmetric', axis: 0 } as const

const off = (module: AnyModule): AnyModule => observe(fakeQuantize(module, false), false)

const pairOf = (one: Drawn): [float: AnyModule, qat: AnyModule] => {
  const { groups, kernel, stride, padding, paddingMode, relu, bias, slow } = one
  const channels = 2 * groups
  const layer = Conv2d({
    weight: float64(1, [channels, 2, kernel, kernel]),
    bias: bias ? float64(2, [channels]) : null,
    stride,
    padding,
    paddingMode,
    groups,
  })
  const bn = BatchNorm2d(normOf(channels, one))
  const float = relu ? ConvBnReLU2d(layer, bn, ReLU()) : ConvBn2d(layer, bn)
  const made = qatKinds.get(float.kind)?.({ layer, bn, ...(relu && { activation: ReLU() }), weight, slow })
  return [float, off(made as AnyModule)]
}

const inMode = ([float, qat]: [AnyModule, AnyModule], mode: Drawn['mode']): [AnyModule, AnyModule] => {
  if (mode === 'train') return [train(float), train(qat)]
  return [inference(float), mode === 'eval' ? inference(qat) : freezeBatchNormStats(train(qat))]
}

const statistics = async (module: AnyModule, path: string): Promise<number[]> => {
  const { runningMean, runningVar, numBatchesTracked } = findModule(module, path).attrs as BatchNormAttrs
  return [
    ...(await numbersOf(runningMean)),
    ...(await numbersOf(runningVar)),
    ...(await numbersOf(numBatchesTracked)),
  ]
}

const expectAlike = (given: readonly number[], wanted: readonly number[]): void => {
  expect(given.length).toBe(wanted.length)
  const worst = Math.max(...wanted.map((one, i) => Math.abs((given[i] as number) - one)))
  expect(worst).toBeLessThan(1e-10)
}

/** The keys of a layer and its batch-norm by those of the layer that is made of both. */
const floatKeys = [
  ['weight', '0.weight'],
  ['bias', '0.bias'],
  ['bn.weight', '1.weight'],
  ['bn.bias', '1.bias'],
] as const

type Step = Awaited<ReturnType<typeof valueAndGrad>>

/** torch's slow way gives the bias before a batch-norm that trains no gradient: it is rounding, where there is one. */
const expectSameGradients = async (given: Step, wanted: Step): Promise<void> => {
  expectAlike(await numbersOf(given.inputGradients[0]), await numbersOf(wanted.inputGradients[0]))
  for (const [key, floatKey] of floatKeys) {
    const right = wanted.gradients.get(floatKey)
    if (right === undefined) continue
    const numbers = await numbersOf(right)
    const gradient = given.gradients.get(key)
    expectAlike(gradient === undefined ? numbers.map(() => 0) : await numbersOf(gradient), numbers)
  }
}

const loss: Loss = (outputs, targets) => {
  const [y, cotangent] = [...outputs, ...targets] as [(typeof outputs)[number], (typeof outputs)[number]]
  return y.mul(cotangent).sum()
}

const expectSame = async ([float, qat]: [AnyModule, AnyModule], inputs: readonly Tensor[]): Promise<void> => {
  let models: [AnyModule, AnyModule] = [float, qat]
  const { outputs } = await run(float, [inputs[0] as Tensor])
  const options = { targets: [float64(9, (outputs[0] as Tensor).shape)], inputGradients: true }
  for (const input of inputs) {
    const wanted = await valueAndGrad(models[0], [input], loss, options)
    const given = await valueAndGrad(models[1], [input], loss, options)
    expectAlike(await numbersOf(given.outputs[0]), await numbersOf(wanted.outputs[0]))
    await expectSameGradients(given, wanted)
    models = [wanted.model, given.model]
  }
  expectAlike(await statistics(models[1], 'bn'), await statistics(models[0], '1'))
}

test('a convolution with batch-norm, both ways, in all modes', async () => {
  await fc.assert(
    fc.asyncProperty(layers, async (one) => {
      const inputs = [7, 8].map((seed) => float64(seed, [2, 2 * one.groups, 5, 4]))
      await expectSame(inMode(pairOf(one), one.mode), inputs)
    }),
    { numRuns: 40 },
  )
})

test('a linear layer with batch-norm, with and without a bias', async () => {
  for (const bias of [null, float64(2, [4])]) {
    const layer = Linear({ weight: float64(1, [4, 3]), bias })
    const bn = BatchNorm1d(normOf(4, { eps: 1e-5, momentum: 0.1, zeroGamma: false }))
    const qat = off(qatKinds.get('nni.LinearBn1d')?.({ layer, bn, weight }) as AnyModule)
    const inputs = [7, 8].map((seed) => float64(seed, [6, 3]))
    await expectSame(inMode([LinearBn1d(layer, bn), qat], 'train'), inputs)
  }
})

test('a linear layer without a bias runs in 16 bits, where torch adds a float32 zero and fails', async () => {
  const norm = normOf(4, { eps: 1e-5, momentum: 0.1, zeroGamma: false })
  const layerOf = (tensor: Tensor): AnyModule => {
    const layer = Linear({ weight: tensor, bias: null })
    return qatKinds.get('nni.LinearBn1d')?.({ layer, bn: BatchNorm1d(norm), weight }) as AnyModule
  }
  const widened = async (tensor: Tensor): Promise<Tensor> =>
    floatTensor(await numbersOf(tensor), tensor.shape, 'float32')
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const [own, input] = await Promise.all(
      [drawn(1, [4, 3]), drawn(2, [5, 3])].map(async (one) =>
        floatTensor(await numbersOf(one), one.shape, dtype),
      ),
    )
    for (const mode of [inference, train]) {
      const given = await run(mode(layerOf(own as Tensor)), [input as Tensor])
      const wanted = await run(mode(layerOf(await widened(own as Tensor))), [await widened(input as Tensor)])
      expect(await numbersOf(given.outputs[0])).toEqual(await numbersOf(wanted.outputs[0]))
      expect((await numbersOf(given.outputs[0])).every(Number.isFinite)).toBe(true)
    }
  }
})
