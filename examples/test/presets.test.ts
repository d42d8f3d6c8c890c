import {
  Add,
  type AnyModule,
  Constant,
  decode,
  floatTensor,
  graphModule,
  type Tensor as IrTensor,
  manualSeed,
  ReLU,
  readBytes,
  stateInputs,
  walk,
} from '@nnfuse/ir'
import { importOnnx, serializeOnnx } from '@nnfuse/onnx'
import { readOnnx } from '@nnfuse/onnx/node'
import { run } from '@nnfuse/runtime'
import { fuse, presets } from 'nnfuse'
import { Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { relativeDifference, runOnnx } from './run-onnx.js'

/*
 * A residual network fused for oneDNN: what is held together for a backend is a file again, in which the addition is
 * a node of its own, and both compute what the network computed.
 */

const shape = [2, 3, 32, 32]
const pixels = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(i * 1.7))
const input = new Tensor('float32', pixels, shape)

/** A basic block with a projection in the other branch, and one without. */
const sums = 2

const countOf = (root: AnyModule, kind: string): number =>
  [...walk(root)].filter(({ module }) => module.kind === kind).length

describe.each(['torchscript', 'dynamo'])('ResNet-18 from the %s exporter', (exporter) => {
  const file = new URL(`../../packages/onnx/test/models/resnet18.${exporter}.onnx`, import.meta.url).pathname

  test('holds each sum together with a convolution and its ReLU', async () => {
    const { model, report } = fuse(await readOnnx(file), presets.onednn())
    expect(countOf(model.root, 'nni.ConvAddReLU2d')).toBe(sums)
    expect(countOf(model.root, 'nn.Add') + countOf(model.root, 'nn.BatchNorm2d')).toBe(0)
    expect(report.left).toEqual([])
  })

  test('computes the same as a file, and as a file that is read again', async () => {
    const unfused = await readOnnx(file)
    const { model } = fuse(unfused, presets.onednn())
    const bytes = await serializeOnnx(model)
    const expected = await runOnnx(await serializeOnnx(unfused), input)
    expect(relativeDifference(expected, await runOnnx(bytes, input))).toBeLessThan(1e-5)

    const again = await importOnnx(bytes)
    expect(countOf(again.root, 'nn.Add')).toBe(sums)
    expect(countOf(fuse(again, presets.onednn()).model.root, 'nni.ConvAddReLU2d')).toBe(sums)
  })
})

test('a network written in TypeScript computes the same as a file, a number added to it too', async () => {
  const nn = manualSeed(0)
  const network = graphModule(
    {
      conv1: nn.Conv2d(3, 4, 3, { padding: 1, bias: false }),
      bn1: nn.BatchNorm2d(4),
      one: Constant(floatTensor([1], [])),
      plusOne: Add(),
      conv2: nn.Conv2d(4, 4, 3, { padding: 1 }),
      plus: Add(),
      relu: ReLU(),
    },
    (m, x) => {
      const y = m.plusOne(m.one(), m.bn1(m.conv1(x)))
      return m.relu(m.plus(y, m.conv2(y)))
    },
  )
  const model = stateInputs(network, [{ dtype: 'float32', shape }])
  const { model: fused, report } = fuse(model, presets.onednn())
  expect(report.applied.map(({ rule }) => rule)).toEqual(['conv2d-bn-add', 'conv2d-add-relu'])
  const { outputs } = await run(model, [floatTensor(pixels, shape)])
  const expected = decode(await readBytes(outputs[0] as IrTensor), 'float32') as Float32Array
  expect(relativeDifference(expected, await runOnnx(await serializeOnnx(fused), input))).toBeLessThan(1e-5)
})
