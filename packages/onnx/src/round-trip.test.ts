import { print } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { modelFiles, readModel } from '../test/models.js'
import { ramp } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { withCopies } from '../test/with-copies.js'
import { documentOf, importOnnx, planOnnx, serializeOnnx } from './index.js'

const names = [...modelFiles.keys()]

/** Its second axis of the bias is a bug of torch's exporter; ONNX Runtime refuses it. */
const refused = 'conv3d-no-bias.dynamo'

const runWithRamp = async (bytes: Uint8Array) => {
  const document = documentOf(await importOnnx(bytes))
  const feeds = Object.fromEntries(
    (document?.inputs ?? []).map(({ name, type }) => {
      const dims = (type.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 2))
      return [name, { dims, values: ramp(dims.reduce((a, b) => a * b, 1)) }]
    }),
  )
  return await runOnnx(bytes, feeds)
}

test('there are models to test with', () => {
  expect(names).toEqual(expect.arrayContaining(['resnet18.torchscript', 'resnet18.dynamo', 'shapes']))
})

describe.each(names)('%s', (name) => {
  const bytes = readModel(name)

  test('written unchanged, it is the same file, and one copy of it', async () => {
    const model = await importOnnx(bytes)
    expect(Buffer.compare(await serializeOnnx(model), bytes)).toBe(0)
    expect((await planOnnx(model)).segments).toMatchObject([
      { type: 'copy', offset: 0, length: bytes.length },
    ])
  })

  test('with every layer written anew, it reads the same', async () => {
    const model = await importOnnx(bytes)
    const again = await importOnnx(await serializeOnnx(withCopies(model)))
    expect(print(again.root)).toBe(print(model.root))
    expect(again.notes).toEqual(model.notes)
  })
})

test.each(names.filter((name) => name !== refused))(
  '%s with every layer written anew computes the same bits',
  async (name) => {
    const bytes = readModel(name)
    const written = await serializeOnnx(withCopies(await importOnnx(bytes)))
    expect(await runWithRamp(written)).toEqual(await runWithRamp(bytes))
  },
)
