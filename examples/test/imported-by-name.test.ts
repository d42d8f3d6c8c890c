import { decode, findModule, floatTensor, type Tensor as IrTensor, readBytes } from '@nnfuse/ir'
import { importOnnx, serializeOnnx } from '@nnfuse/onnx'
import { readOnnx } from '@nnfuse/onnx/node'
import { run } from '@nnfuse/runtime'
import { fuse, fuseModules } from 'nnfuse'
import { Tensor } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { largestDifference, runOnnx } from './run-onnx.js'

/*
 * PyTorch's names work on its exported files, and what comes out is a file again; the same layers run without
 * ONNX Runtime, too.
 */

const file = new URL('../../packages/onnx/test/models/resnet18.torchscript.onnx', import.meta.url).pathname

const shape = [2, 3, 32, 32]
const pixels = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(i * 1.7))

const input = new Tensor('float32', pixels, shape)

test('layers of an imported file are fused by PyTorch’s names, and the file computes the same', async () => {
  const model = await readOnnx(file)
  const fused = fuseModules(model, [
    ['conv1', 'bn1', 'relu'],
    ['layer2.0.downsample.0', 'layer2.0.downsample.1'],
  ])
  expect(findModule(fused.root, 'conv1').kind).toBe('nni.ConvReLU2d')
  expect(findModule(fused.root, 'layer2.0.downsample.1').kind).toBe('nn.Identity')
  const [before, after] = [
    await runOnnx(await serializeOnnx(model), input),
    await runOnnx(await serializeOnnx(fused), input),
  ]
  expect(largestDifference(before, after)).toBeLessThan(1e-5)
})

test('an imported model runs in @nnfuse/runtime as in ONNX Runtime, fused or not', async () => {
  const model = await readOnnx(file)
  const expected = await runOnnx(await serializeOnnx(model), input)
  for (const either of [model, fuse(model).model]) {
    const { outputs } = await run(either, [floatTensor(pixels, shape)])
    const output = outputs[0] as IrTensor
    expect(
      largestDifference(expected, decode(await readBytes(output), 'float32') as Float32Array),
    ).toBeLessThan(1e-5)
  }
})

test('what was fused by name is imported again as what it is', async () => {
  const fused = fuseModules(await readOnnx(file), ['conv1', 'bn1'])
  const again = await importOnnx(await serializeOnnx(fused))
  expect(findModule(again.root, 'conv1').kind).toBe('nn.Conv2d')
  expect(findModule(again.root, 'bn1').kind).toBe('nn.Identity')
})
