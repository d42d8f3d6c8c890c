import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { FloatDType } from '../dtype.js'
import { readBytes } from '../read-tensor.js'
import type { Tensor } from '../tensor.js'
import { type ConvOptions, manualSeed, type Seeded } from './manual-seed.js'

interface GoldenLayer {
  readonly kind: Exclude<keyof Seeded, `BatchNorm${string}`>
  readonly in: number
  readonly out: number
  readonly kernel: readonly number[]
  readonly groups: number
  readonly weight?: string
  readonly weightSha256?: string
  readonly bias: string
}

interface GoldenCase {
  readonly id: string
  readonly seed: number
  readonly dtype: FloatDType
  readonly layers: readonly GoldenLayer[]
}

const golden: { torch: string; cases: readonly GoldenCase[] } = JSON.parse(
  readFileSync(new URL('../../test/golden/inits.json', import.meta.url), 'utf8'),
)

const base64 = async (tensor: Tensor): Promise<string> =>
  Buffer.from(await readBytes(tensor)).toString('base64')
const sha256 = async (tensor: Tensor): Promise<string> =>
  createHash('sha256')
    .update(await readBytes(tensor))
    .digest('hex')

const make = (nn: Seeded, { kind, in: inputs, out, kernel, groups }: GoldenLayer, dtype: FloatDType) => {
  if (kind === 'Linear') return nn.Linear(inputs, out, { dtype })
  const options: ConvOptions = { groups, dtype }
  return nn[kind](inputs, out, kernel, options)
}

describe(`layers start as in torch ${golden.torch}`, () => {
  test.each(golden.cases)('$id', async ({ seed, dtype, layers }) => {
    const nn = manualSeed(seed)
    for (const layer of layers) {
      const { weight, bias } = make(nn, layer, dtype).attrs
      if (layer.weightSha256) expect(await sha256(weight)).toBe(layer.weightSha256)
      else expect(await base64(weight)).toBe(layer.weight)
      expect(await base64(bias as Tensor)).toBe(layer.bias)
    }
  })
})

test('layers are made in inference mode, with torch defaults', () => {
  const nn = manualSeed(0)
  const conv = nn.Conv2d(3, 4, 3, { padding: 1, bias: false })
  expect(conv.training).toBe(false)
  expect(conv.attrs).toMatchObject({
    bias: null,
    stride: [1, 1],
    padding: [
      [1, 1],
      [1, 1],
    ],
    groups: 1,
  })
  expect(nn.BatchNorm2d(4, { affine: false, trackRunningStats: false }).attrs).toMatchObject({
    weight: null,
    runningMean: null,
    eps: 1e-5,
  })
})

test('groups that do not divide the channels are refused', () => {
  expect(() => manualSeed(0).Conv2d(3, 4, 3, { groups: 2 })).toThrow('groups 2 does not divide 3 channels')
})
