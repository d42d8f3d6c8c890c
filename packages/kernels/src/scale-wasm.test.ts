import { execFileSync } from 'node:child_process'
import { test } from 'vitest'

test('scale-wasm.ts is what scale.wat gives', () => {
  execFileSync(process.execPath, ['scripts/build-kernels.mjs', '--check'], {
    cwd: new URL('../../..', import.meta.url),
    stdio: 'pipe',
  })
})
