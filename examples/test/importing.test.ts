import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/*
 * What bundlers and compilers make of the packages: what is not used is left out, importing one fuser pulls no reader of
 * files and no runtime, importing anything changes nothing, and the types are fine for the oldest TypeScript that is
 * supported and for the newest.
 */

const script = fileURLToPath(new URL('../../scripts/check-imports.mjs', import.meta.url))

test('the packages can be bundled, imported and type-checked', { timeout: 120_000 }, () => {
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^\d+ entries are fine/)
})
