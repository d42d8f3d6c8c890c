import type { Model } from '@nnfuse/ir'
import { importOnnx, serializeOnnx } from '@nnfuse/onnx'
import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { cases } from './conformance/cases.js'
import { type ConformanceCase, irVersionOf, modelOf } from './conformance/conformance-case.js'
import { type Feeds, feedsFor, runModel } from './conformance/run-model.js'
import { relativeDifference } from './run-onnx.js'

/*
 * Every form of the operators that stand around convolutions and batch-norms, as ONNX's own tests have them, each beside
 * a convolution and a batch-norm. scripts/conformance-onnx.mjs runs ONNX's own.
 */

/** Writes every layer as one that was built would be: nothing is known of the file that it comes from. */
const writtenAnew = ({ root }: Model, opset: number): Promise<Uint8Array> =>
  serializeOnnx(root, { opset, irVersion: irVersionOf(opset) })

const expectSameOutputs = async (before: Uint8Array, after: Uint8Array, feeds: Feeds): Promise<void> => {
  const [wanted, outputs] = [await runModel(before, feeds), await runModel(after, feeds)]
  expect(outputs.map(({ dims }) => dims)).toEqual(wanted.map(({ dims }) => dims))
  for (const [i, { data }] of wanted.entries()) {
    expect(relativeDifference(data as Float32Array, outputs[i]?.data as Float32Array)).toBeLessThan(1e-5)
  }
}

test('no two cases are the same', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
})

describe('is the same file unfused, and computes the same fused and written anew', () => {
  test.each(cases.map((one): [string, ConformanceCase] => [one.name, one]))('%s', async (_, one) => {
    const original = modelOf(one)
    const model = await importOnnx(original.bytes)
    expect(Buffer.compare(await serializeOnnx(model), original.bytes)).toBe(0)

    const feeds = feedsFor(original)
    const fused = fuse(model)
    expect(fused.report.applied).not.toEqual([])
    await expectSameOutputs(original.bytes, await serializeOnnx(fused.model), feeds)
    await expectSameOutputs(original.bytes, await writtenAnew(model, one.opset), feeds)
  })
})
