import { fromBinary } from '@bufbuild/protobuf'
import { type AnyModule, print, walk } from '@nnfuse/ir'
import { importOnnx, serializeOnnx } from '@nnfuse/onnx'
import { fuse } from 'nnfuse'
import { ModelProtoSchema } from 'onnx-buf'
import { Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { mlp } from '../src/architectures/mlp.js'
import { mobilenetV2 } from '../src/architectures/mobilenet.js'
import { withRandomStatistics } from '../src/architectures/random-statistics.js'
import { resnet18, resnet50 } from '../src/architectures/resnet.js'
import { computeZeroBiases, shareThroughIdentity } from './exporter-habits.js'
import { relativeDifference, runOnnx } from './run-onnx.js'

/*
 * Real architectures, built here so that Python is not needed, as PyTorch's exporters would write them: nothing
 * foldable may be left, and ONNX Runtime, told not to optimize, must compute the same before and after.
 */

const architectures = { resnet18, resnet50, mobilenetV2, mlp }
const habits = {
  'as it is': (bytes: Uint8Array) => bytes,
  'through Identity': shareThroughIdentity,
  'with computed biases': computeZeroBiases,
}

const opsOf = (bytes: Uint8Array): string[] =>
  fromBinary(ModelProtoSchema, bytes).graph?.node.map((node) => node.opType) ?? []
const normsIn = (bytes: Uint8Array): number => opsOf(bytes).filter((op) => op === 'BatchNormalization').length

const inputFor = (name: string): Tensor => {
  const shape = name === 'mlp' ? [2, 64] : [2, 3, 64, 64]
  const size = shape.reduce((a, b) => a * b, 1)
  return new Tensor(
    'float32',
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7) * 2),
    shape,
  )
}

const normCount = (model: AnyModule): number =>
  [...walk(model)].filter(({ module }) => module.kind.startsWith('nn.BatchNorm')).length

describe.each(Object.entries(architectures))('%s', (name, build) => {
  test('comes back from its own file as the same layers', async () => {
    const model = withRandomStatistics(build(1), 2)
    const imported = await importOnnx(await serializeOnnx(model))
    expect(normCount(imported.root)).toBe(normCount(model))
    expect(print(imported.root)).not.toContain('onnx.Op')
  })

  test.each(Object.entries(habits))(
    '%s: every batch-norm folds, the outputs agree',
    async (_, habit) => {
      const model = withRandomStatistics(build(1), 2)
      const bytes = habit(await serializeOnnx(model))
      expect(normsIn(bytes)).toBe(normCount(model))
      const { model: fused, report } = fuse(await importOnnx(bytes))
      const result = await serializeOnnx(fused)
      expect([normsIn(result), report.left]).toEqual([0, []])
      expect(opsOf(result)).not.toContain('Expand')
      const [before, after] = [await runOnnx(bytes, inputFor(name)), await runOnnx(result, inputFor(name))]
      expect(relativeDifference(before, after)).toBeLessThan(1e-4)
      expect(
        relativeDifference(
          before,
          after.map((x, i) => (i === 0 ? x * 1.1 : x)),
        ),
      ).toBeGreaterThan(1e-4)
    },
    120_000,
  )
})
