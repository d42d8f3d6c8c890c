import { type Model, withAttrs, withChildren } from '@nnfuse/ir'
import { importOnnx, serializeOnnx } from '@nnfuse/onnx'
import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { cases } from './conformance/cases.js'
import { type ConformanceCase, modelOf } from './conformance/conformance-case.js'
import { type Feeds, feedsFor, runModel } from './conformance/run-model.js'
import { relativeDifference } from './run-onnx.js'

/*
 * Every form of the operators that stand around convolutions and batch-norms, as ONNX's own tests have them, each beside
 * a convolution and a batch-norm. scripts/conformance-onnx.mjs runs ONNX's own.
 */

/** Every layer as another object, so that nothing is known to be the file's, and all is written anew. */
const withCopies = (model: Model): Model => {
  const children = [...model.root.children].map(([name, child]) => [name, withAttrs(child, {})] as const)
  return model.with(withChildren(model.root, new Map(children)))
}

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
    await expectSameOutputs(original.bytes, await serializeOnnx(withCopies(model)), feeds)
  })
})
