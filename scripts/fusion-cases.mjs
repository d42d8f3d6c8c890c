// node scripts/fusion-cases.mjs            runs the fusion cases and prints their table
// node scripts/fusion-cases.mjs --write    writes docs/fusion-cases.md with it
//
// The test examples/test/fusion-cases.test.ts runs them and makes the page; it fails where the page in docs says
// something else. Needs a build (`npm run build`).

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, tools } from './workspace.mjs'

const folder = mkdtempSync(join(tmpdir(), 'nnfuse-cases-'))
const isWriting = process.argv.includes('--write')
const page = isWriting ? join(root, 'docs/fusion-cases.md') : join(folder, 'fusion-cases.md')

try {
  const { status, stdout } = spawnSync(
    process.execPath,
    [tools.vitest, 'run', '--root', root, '--project', '@nnfuse/examples', 'test/fusion-cases.test.ts'],
    { encoding: 'utf8', env: { ...process.env, NNFUSE_FUSION_CASES: page } },
  )
  if (!isWriting && existsSync(page)) process.stdout.write(readFileSync(page, 'utf8'))
  if (status !== 0) process.stdout.write(stdout)
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
