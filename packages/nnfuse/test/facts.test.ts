import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('each of the facts about PyTorch is pinned by a test or a difference that exists', () => {
  const script = fileURLToPath(new URL('../../../scripts/check-facts.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
  expect([stderr, status]).toEqual(['', 0])
  expect(stdout.trim().split('\n')).toHaveLength(56 + 79)
})
