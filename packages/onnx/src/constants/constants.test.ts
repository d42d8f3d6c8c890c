import { readFileSync } from 'node:fs'
import { type Constant, decode, flatten, type ModuleOf, readBytes, type TypedArray } from '@nnfuse/ir'
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

/** The largest difference, as a part of the number or of 1. */
const worstOf = (actual: TypedArray, expected: TypedArray): number =>
  Math.max(
    ...Array.from(expected, Number).map(
      (value, i) => Math.abs(Number(actual[i]) - value) / Math.max(1, Math.abs(value)),
    ),
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
    const [actual, expected] = [decode(await readBytes(value), dtype), decode(fromBase64(data), dtype)]
    if (value.approximate) expect(worstOf(actual, expected)).toBeLessThan(dtype === 'float16' ? 1e-3 : 1e-6)
    else expect(actual).toEqual(expected)
    expect(Buffer.compare(await serializeOnnx(imported), bytes)).toBe(0)
  })

  test('there are some for every operator that is computed', () => {
    expect(golden.cases.length).toBeGreaterThan(100)
  })
})
