import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildModel } from './build-model.js'
import { differences, differencesOf } from './differences.js'
import { disagreements } from './disagreements.js'
import { type GoldenCase, golden, type LayerSpec } from './golden-case.js'
import { type Outcome, outcomeOf } from './outcome.js'
import { distance, runOn } from './run-on.js'

/*
 * Every golden case either agrees with torch in everything that the file holds, or is listed in differences.ts with
 * what it disagrees in. A listed case that agrees fails as well.
 */

const aspectsOf = (testCase: GoldenCase): readonly string[] => {
  const aspects = new Set(differencesOf(testCase).flatMap((difference) => difference.aspects))
  return aspects.has('outcome') ? ['outcome'] : [...aspects].sort()
}

const byId = (cases: readonly GoldenCase[]) => cases.map((testCase) => [testCase.id, testCase] as const)

const docs = readFileSync(new URL('../../../docs/differences-from-pytorch.md', import.meta.url), 'utf8')

describe(`as torch ${golden.torch} does, or as docs/differences-from-pytorch.md says`, () => {
  test.each(byId(golden.cases))('%s', async (_, testCase) => {
    const ours = await outcomeOf(testCase)
    expect(disagreements(testCase, ours).sort()).toEqual(aspectsOf(testCase))
    const refused = differencesOf(testCase).find((difference) => difference.refused !== undefined)?.refused
    if (refused !== undefined) expect(ours.error).toMatchObject({ name: 'NnfuseError', code: refused })
  })
})

const axesOf = (kind: string): number => (/[123]d$/.test(kind) ? Number(kind.at(-2)) : 0)

const inputShape = ({ layers }: GoldenCase): readonly number[] => {
  const [[kind]] = Object.values(layers) as [LayerSpec]
  return [2, 4, ...Array.from({ length: axesOf(kind) }, () => 3)]
}

/** Differences that are none in what the model computes, and methods of one's own, which may do anything. */
const says = ['training-flags', 'hook-flags', 'inference-mode', 'all-or-nothing', 'method-arguments']

const fusedAnew = golden.cases.filter((testCase) => {
  const listed = differencesOf(testCase)
  const refused = listed.some((difference) => difference.refused !== undefined)
  return !refused && listed.some(({ row }) => !says.includes(row))
})

describe('where we fuse what torch does not, or otherwise, the fused model computes the same', () => {
  test.each(byId(fusedAnew))('%s', async (_, testCase) => {
    const run = inputShape(testCase)
    const fused = (await outcomeOf({ ...testCase, run })) as Required<Outcome>
    expect(distance(await runOn(buildModel(testCase), run), fused.output)).toBeLessThan(1e-5)
  })
})

describe('the table of differences', () => {
  test.each(differences)('$row is a row of the page, and has cases', (difference) => {
    expect(docs).toContain(`| \`${difference.row}\` |`)
    for (const glob of difference.cases) {
      const one = { ...difference, cases: [glob] }
      expect(golden.cases.some((testCase) => differencesOf(testCase, [one]).length > 0)).toBe(true)
    }
  })

  test('the golden file covers every row of the mapping in both uses', () => {
    const rows = golden.cases
      .filter(({ id }) => id.startsWith('rows/'))
      .map(({ id }) => id.split('/', 3).join('/'))
    expect(new Set(rows).size).toBe(16 * 2)
    expect(golden.cases.length).toBeGreaterThan(550)
  })
})
