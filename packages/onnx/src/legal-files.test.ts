import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { convolutionIn, foldedOutputs, namesIn, untouched } from '../test/legal/graph-fields.js'
import { legalModels } from '../test/legal/legal-models.js'
import { importOnnx, onnxCounts, serializeOnnx, sourceCounts } from './index.js'

describe.each(legalModels.map((model) => [model.name, model] as const))('%s', (_, { bytes, stays }) => {
  test('comes out as it went in', async () => {
    expect(Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes)).toBe(0)
  })

  test('holds what is counted in it, read or written', async () => {
    const model = await importOnnx(bytes)
    expect(sourceCounts(model)).toEqual(onnxCounts(model))
  })

  test('differs in the fused part only', async () => {
    const { model, report } = fuse(await importOnnx(bytes))
    const after = await serializeOnnx(model, { metadata: false })
    expect(report.applied.map(({ rule }) => rule)).toEqual(stays ? [] : ['conv2d-bn'])
    if (stays) {
      expect(Buffer.compare(after, bytes)).toBe(0)
      return
    }
    expect(untouched(after)).toEqual(untouched(bytes))
    expect(convolutionIn(after)).toEqual(convolutionIn(bytes))
    expect(foldedOutputs(after)).toEqual(expect.arrayContaining(foldedOutputs(bytes)))
    expect(namesIn(after, 13)).not.toContain('c')
  })
})
