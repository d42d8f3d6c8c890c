import {
  type AnyModule,
  Conv2d,
  type GraphModuleOf,
  Hardswish,
  inference,
  LeakyReLU,
  Model,
  manualSeed,
  ReLU,
  ReLU6,
  Sequential,
  stateInputs,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import fc from 'fast-check'
import { fuse, qatPlugins } from 'nnfuse'
import { expect, test } from 'vitest'
import { drawn, numbersOf } from '../test/golden.js'
import { openOnnxRuntime } from '../test/open-onnxruntime.js'
import { convert, observe, prepareQat, type QuantizeDequantizeModule, qconfigs } from './index.js'

interface Drawn {
  readonly groups: 1 | 2 | 4
  readonly kernel: number
  readonly stride: number
  readonly padding: number
  readonly transposed: boolean
  readonly bias: boolean
  readonly bn: boolean
  readonly activation: number
  readonly seed: number
}

const networks: fc.Arbitrary<Drawn> = fc.record({
  groups: fc.constantFrom<Drawn['groups']>(1, 2, 4),
  kernel: fc.constantFrom(1, 2, 3),
  stride: fc.constantFrom(1, 2),
  padding: fc.constantFrom(0, 1),
  transposed: fc.boolean(),
  bias: fc.boolean(),
  bn: fc.boolean(),
  activation: fc.nat(4),
  seed: fc.nat(1000),
})

/** A layer, what is held together with it, and a layer after it that takes what it gives. */
const networkOf = ({ kernel, activation, transposed, bn, seed, ...options }: Drawn): AnyModule => {
  const nn = manualSeed(seed)
  const { padding } = options
  const given = { ...options, padding: Math.min(padding, kernel - 1) }
  const layer = transposed ? nn.ConvTranspose2d(4, 8, kernel, given) : nn.Conv2d(4, 8, kernel, given)
  const activations = [[], [ReLU()], [ReLU6()], [LeakyReLU()], [Hardswish()]][activation] as AnyModule[]
  const last = Conv2d({ weight: drawn(seed, [3, 8, 1, 1]), bias: null })
  return Sequential([layer, ...(bn ? [nn.BatchNorm2d(8)] : []), ...activations, last])
}

const shape = [2, 4, 5, 5]

const learned = async (network: AnyModule, seed: number): Promise<Model> => {
  const { model: fused } = fuse(network, { plugins: qatPlugins() })
  // Half the range: without VNNI, ONNX Runtime's products of 8 bits overflow otherwise.
  const prepared = prepareQat(fused, { default: qconfigs.qat.x86 })
  const { model } = await run(prepared, [drawn(seed + 1, shape)])
  return model.with(observe(inference(model.root), false))
}

const stepOf = async ({ root }: Model): Promise<number> => {
  const { attrs, children } = root as GraphModuleOf
  const last = attrs.calls.find(({ outputs }) => outputs[0] === attrs.outputs[0])?.target as string
  return (await numbersOf((children.get(last) as QuantizeDequantizeModule).attrs.scale))[0] as number
}

test('integers in ONNX Runtime are at most a step from the fake quantization in the runtime', async () => {
  const property = fc.asyncProperty(networks, async (one) => {
    const model = await learned(networkOf(one), one.seed)
    const input = drawn(one.seed + 2, shape)
    const wanted = await numbersOf((await run(model, [input])).outputs[0])
    const integers = convert(model)
    const opened = await openOnnxRuntime(new Model(stateInputs(integers.root, [{ dtype: 'float32', shape }])))
    const [output] = await opened.run([input])
    await opened.close()
    const step = await stepOf(integers)
    const given = await numbersOf(output)
    expect(given.length).toBe(wanted.length)
    for (const [i, x] of wanted.entries()) {
      expect(Math.abs((given[i] as number) - x)).toBeLessThanOrEqual(1.001 * step)
    }
  })
  await fc.assert(property, { numRuns: 30, seed: 8 })
})
