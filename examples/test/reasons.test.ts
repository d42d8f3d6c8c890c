import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/* Every reason that docs/reading-a-report.md explains is given by some file, but for what stands at the dots. */

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/reading-a-report.md', root), 'utf8')

const sources = readdirSync(new URL('packages', root))
  .flatMap((folder) =>
    readdirSync(new URL(`packages/${folder}/src`, root), { recursive: true, encoding: 'utf8' }).map(
      (file) => `packages/${folder}/src/${file}`,
    ),
  )
  .filter((file) => file.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(file))
  .map((file) => readFileSync(new URL(file, root), 'utf8'))

const [, table = ''] = page.split('## What the reasons mean')
const reasons = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, reason = '']) => reason)

test('the table has reasons', () => {
  expect(reasons.length).toBeGreaterThan(20)
})

test.each(reasons)('%s', (reason) => {
  const parts = reason.split('…').map((part) => part.trim())
  expect(sources.some((source) => parts.every((part) => source.includes(part)))).toBe(true)
})
