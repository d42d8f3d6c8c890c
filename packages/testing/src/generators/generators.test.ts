import {
  type AnyModule,
  type BatchNormAttrs,
  type ConvAttrs,
  type ConvTransposeAttrs,
  type LinearAttrs,
  readValues,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { assert, asyncProperty, sample } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomInputs } from '../random-inputs.js'
import { chainOf } from './chain-of.js'
import { knownGenerators } from './known-kinds.js'

const attrsOf = <A>(kind: string): A[] => {
  const generate = knownGenerators.get(kind)
  if (generate === undefined) throw new Error(`no generator for ${kind}`)
  return sample(chainOf(generate), { seed: 0, numRuns: 200 }).map(
    ({ model }) => (model.children.get('0') as AnyModule).attrs as A,
  )
}

const values = <T>(items: readonly T[], of: (item: T) => unknown) =>
  new Set(items.map((item) => JSON.stringify(of(item))))

test.each([...knownGenerators])(
  '%s: every random layer can be run, and gives numbers',
  async (_, generate) => {
    const runs = asyncProperty(chainOf(generate), async ({ model, inputs }) => {
      const { outputs } = await run(model, randomInputs(inputs, 0))
      const numbers = await readValues(outputs[0] as (typeof outputs)[number])
      expect(numbers.length).toBeGreaterThan(0)
      expect([...numbers].every((value) => Number.isFinite(value))).toBe(true)
    })
    await assert(runs, { seed: 0, numRuns: 15 })
  },
)

describe('nothing that a layer can be is left out', () => {
  test('convolutions', () => {
    const attrs = attrsOf<ConvAttrs>('nn.Conv2d')
    expect(values(attrs, ({ bias }) => bias === null).size).toBe(2)
    expect(values(attrs, ({ stride }) => stride)).toEqual(new Set(['[1,1]', '[1,2]', '[2,1]', '[2,2]']))
    expect(values(attrs, ({ dilation }) => dilation).size).toBe(4)
    expect(values(attrs, ({ paddingMode }) => paddingMode).size).toBe(4)
    expect(values(attrs, ({ padding }) => padding).size).toBeGreaterThan(8)
    expect(values(attrs, ({ groups }) => groups)).toEqual(new Set(['1', '2', '3', '4', '6']))
  })

  test('transposed convolutions', () => {
    const attrs = attrsOf<ConvTransposeAttrs>('nn.ConvTranspose2d')
    expect(values(attrs, ({ outputPadding }) => outputPadding).size).toBe(4)
    expect(values(attrs, ({ groups, weight }) => groups > 1 && (weight.shape[1] ?? 0) > 1).size).toBe(2)
  })

  test('batch-norms', async () => {
    const attrs = attrsOf<BatchNormAttrs>('nn.BatchNorm1d')
    expect(values(attrs, ({ weight }) => weight === null).size).toBe(2)
    expect(values(attrs, ({ eps }) => eps).size).toBe(3)
    const numbers = async (name: 'weight' | 'runningVar') => {
      const lists = await Promise.all(
        attrs.map((attr) => attr[name]).map((tensor) => tensor && readValues(tensor)),
      )
      return lists.flatMap((list) => [...(list ?? [])].map(Number))
    }
    expect((await numbers('weight')).some((gamma) => gamma < 0)).toBe(true)
    expect(Math.min(...(await numbers('runningVar')))).toBe(0)
  })

  test('linear layers', () => {
    expect(values(attrsOf<LinearAttrs>('nn.Linear'), ({ bias }) => bias === null).size).toBe(2)
  })
})
