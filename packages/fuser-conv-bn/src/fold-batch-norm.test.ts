import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type BatchNormAttrs,
  byteLength,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  deferredTensor,
  elementCount,
  type FloatDType,
  floatTensor,
  Linear,
  readBytes,
  type Tensor,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { foldConv, foldConvTranspose, foldLinear } from './fold-batch-norm.js'

interface GoldenCase {
  readonly id: string
  readonly kind: string
  readonly in: number
  readonly out: number
  readonly kernel: readonly number[]
  readonly groups: number
  readonly features: number
  readonly dtype: FloatDType
  readonly bnDtype: FloatDType
  readonly bias: boolean
  readonly affine: boolean
  readonly bnBias: boolean
  readonly eps: number
  readonly seeds: { readonly [name: string]: number }
  readonly expected: {
    readonly weight?: string
    readonly bias?: string
    readonly weightSha256?: string
    readonly biasSha256?: string
  }
}

const golden: { torch: string; cases: readonly GoldenCase[] } = JSON.parse(
  readFileSync(new URL('../test/golden/folds.json', import.meta.url), 'utf8'),
)

/** The formula of scripts/python/golden.py. */
const value = (seed: number, i: number): number =>
  ((seed * 7919 + i * 104729 + ((i * i) % 1009) * 31) % 2003) / 1024 - 0.978515625

const drawn = (shape: readonly number[], dtype: FloatDType, at: (i: number) => number): Tensor =>
  floatTensor(
    Float64Array.from({ length: elementCount(shape) }, (_, i) => at(i)),
    shape,
    dtype,
  )

const weightShape = ({ kind, in: inputs, out, kernel, groups }: GoldenCase): readonly number[] =>
  kind.startsWith('ConvTranspose') ? [inputs, out / groups, ...kernel] : [out, inputs / groups, ...kernel]

const gammaAt = (seed: number) => (i: number) => (i % 3 === 2 ? -1 : 1) * (value(seed, i) + 1.25)

const batchNormOf = ({ features, bnDtype, seeds, affine, bnBias, eps }: GoldenCase): BatchNormAttrs => {
  const shape = [features]
  const seed = (name: string): number => seeds[name] as number
  return {
    numFeatures: features,
    weight: affine ? drawn(shape, bnDtype, gammaAt(seed('gamma'))) : null,
    bias: bnBias ? drawn(shape, bnDtype, (i) => value(seed('beta'), i)) : null,
    runningMean: drawn(shape, bnDtype, (i) => value(seed('mean'), i)),
    runningVar: drawn(shape, bnDtype, (i) => 0.25 + Math.abs(value(seed('var'), i)) * 1.5),
    numBatchesTracked: null,
    eps,
    momentum: 0.1,
  }
}

const convs = { Conv1d, Conv2d, Conv3d } as const
const transposed = { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } as const

const foldCase = (testCase: GoldenCase): { weight: Tensor; bias: Tensor } => {
  const { kind, dtype, seeds, groups } = testCase
  const weight = drawn(weightShape(testCase), dtype, (i) => value(seeds['weight'] as number, i))
  const bias = testCase.bias ? drawn([testCase.out], dtype, (i) => value(seeds['bias'] as number, i)) : null
  const bn = batchNormOf(testCase)
  if (kind === 'Linear') return foldLinear(Linear({ weight, bias }).attrs, bn)
  const given = { weight, bias, groups }
  if (kind in convs) return foldConv(convs[kind as keyof typeof convs](given).attrs, bn)
  return foldConvTranspose(transposed[kind as keyof typeof transposed](given).attrs, bn)
}

const base64 = async (tensor: Tensor): Promise<string> =>
  Buffer.from(await readBytes(tensor)).toString('base64')
const sha256 = async (tensor: Tensor): Promise<string> =>
  createHash('sha256')
    .update(await readBytes(tensor))
    .digest('hex')

/** A batch-norm of one feature after a linear layer of several is declined by the guards, not folded. */
const foldable = golden.cases.filter(({ features, out }) => features === out)

describe(`folds to the same bits as torch ${golden.torch}`, () => {
  test('the golden file holds cases of every kind', () => {
    expect(new Set(foldable.map(({ kind }) => kind)).size).toBe(7)
    expect(foldable.length).toBeGreaterThan(170)
  })

  test.each(foldable)('$id', async (testCase) => {
    const { weight, bias } = foldCase(testCase)
    const { expected } = testCase
    if (expected.weight === undefined) {
      expect(await sha256(weight)).toBe(expected.weightSha256)
      expect(await sha256(bias)).toBe(expected.biasSha256)
    } else {
      expect(await base64(weight)).toBe(expected.weight)
      expect(await base64(bias)).toBe(expected.bias)
    }
  })
})

test('nothing is computed before a folded tensor is read', () => {
  const unread = (shape: readonly number[]): Tensor =>
    deferredTensor('float32', shape, [], () => {
      throw new Error('read too early')
    })
  const conv = Conv2d({ weight: unread([8, 4, 3, 3]) })
  const bn = {
    ...batchNormOf(golden.cases[0] as GoldenCase),
    runningMean: unread([8]),
    runningVar: unread([8]),
  }
  const { weight, bias } = foldConv(conv.attrs, bn)
  expect([byteLength(weight), byteLength(bias)]).toEqual([8 * 4 * 9 * 4, 8 * 4])
})

test('a weight whose bytes are not aligned folds to the same bits', async () => {
  const [testCase] = golden.cases
  const { weight } = foldCase(testCase as GoldenCase)
  const shape = weightShape(testCase as GoldenCase)
  const plain = drawn(shape, 'float32', (i) => value((testCase as GoldenCase).seeds['weight'] as number, i))
  const shifted = new Uint8Array(byteLength(plain) + 1)
  shifted.set(await readBytes(plain), 1)
  const conv = Conv1d({ weight: { ...plain, storage: { type: 'memory', bytes: shifted.subarray(1) } } })
  expect(await base64(foldConv(conv.attrs, batchNormOf(testCase as GoldenCase)).weight)).toBe(
    await base64(weight),
  )
})
