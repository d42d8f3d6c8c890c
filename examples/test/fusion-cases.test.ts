import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { cases } from './fusion-cases/cases.js'
import { fuseCase, type Outcome } from './fusion-cases/fuse-case.js'
import type { FusionCase } from './fusion-cases/fusion-case.js'
import { isRight, outcomesIn, pageOf } from './fusion-cases/page.js'

/*
 * Small ONNX models around one batch-norm, or one multiplication or addition for each channel: each comes down to the
 * fewest nodes, computes what it computed, and says why what is left is left. docs/fusion-cases.md shows the outcomes.
 */

const outcomes = new Map<string, Promise<Outcome>>()

const outcomeOf = (one: FusionCase): Promise<Outcome> => {
  const outcome = outcomes.get(one.id) ?? fuseCase(one)
  outcomes.set(one.id, outcome)
  return outcome
}

test('there are 107 cases', () => {
  expect(cases).toHaveLength(107)
  expect(new Set(cases.map(({ id }) => id)).size).toBe(107)
})

describe.each(cases.map((one) => [one.id, one] as const))('case %s', (_, one) => {
  const { name, nodes, ranBy } = one

  test(`${name}: ${nodes === 1 ? '1 node' : `${nodes} nodes`}`, async () => {
    const outcome = await outcomeOf(one)
    expect(outcome.nodes).toBe(nodes)
    expect(outcome.nodesOnRequest).toBe(one.onRequest ?? nodes)
  })

  test(`computes the same (${ranBy})`, async () => {
    const outcome = await outcomeOf(one)
    expect(outcome.difference).toBeLessThanOrEqual(one.tolerance)
    expect(isRight([one, outcome])).toBe(true)
  })

  test('is the same bytes when it is fused again', async () => {
    expect((await outcomeOf(one)).isFinal).toBe(true)
  })

  test(one.left ? 'says why' : 'leaves nothing that looks foldable', async () => {
    const { left, declined } = await outcomeOf(one)
    if (one.left === undefined) expect(left).toEqual([])
    else expect([...left, ...declined]).toContainEqual(expect.stringMatching(one.left))
  })
})

const pageFile = new URL('../../docs/fusion-cases.md', import.meta.url).pathname

/** Where scripts/fusion-cases.mjs wants the page. */
const wanted = process.env['NNFUSE_FUSION_CASES']

test('docs/fusion-cases.md shows these outcomes; `node scripts/fusion-cases.mjs --write` writes it anew', async () => {
  const page = pageOf(await Promise.all(cases.map(async (one) => [one, await outcomeOf(one)] as const)))
  if (wanted !== undefined) writeFileSync(wanted, page)
  expect(outcomesIn(readFileSync(pageFile, 'utf8'))).toEqual(outcomesIn(page))
})
