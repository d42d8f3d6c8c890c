import { readFileSync } from 'node:fs'
import { type Constant, decode, flatten, type ModuleOf, readBytes } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { importOnnx, serializeOnnx } from '../index.js'

/** What scripts/python/golden_constants.py writes. */
interface Golden {
  readonly onnxruntime: string
  readonly cases: readonly {
    readonly name: string
    readonly model: string
    readonly dtype: 'float32' | 'float16' | 'int64' | 'int32' | 'bool'
    readonly shape: readonly number[]
    readonly data: string
  }[]
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../test/golden/constants.json', import.meta.url), 'utf8'),
)

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

describe(`the values of ONNX Runtime ${golden.onnxruntime}`, () => {
  test.each(golden.cases)('$name', async ({ model, dtype, shape, data }) => {
    const bytes = fromBase64(model)
    const imported = await importOnnx(bytes)
    const output = flatten(imported.root).attrs.calls.find(({ outputs }) => outputs.includes('y'))
    const module = imported.root.children.get(output?.target ?? '') as ModuleOf<typeof Constant>
    expect(module.kind).toBe('nn.Constant')
    const { value } = module.attrs
    expect({ dtype: value.dtype, shape: value.shape }).toEqual({ dtype, shape })
    expect(decode(await readBytes(value), dtype)).toEqual(decode(fromBase64(data), dtype))
    expect(Buffer.compare(await serializeOnnx(imported), bytes)).toBe(0)
  })

  test('there are some for every operator that is computed', () => {
    expect(golden.cases.length).toBeGreaterThan(60)
  })
})
