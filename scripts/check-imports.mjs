// node scripts/check-imports.mjs         what bundlers and compilers make of the built packages
//
// Needs a build (`npm run build`).

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { typeProblems } from './packages/consumer-types.mjs'
import { entries, linkPackages } from './packages/entries.mjs'
import { sideEffectProblems } from './packages/side-effects.mjs'
import { treeShakingProblems } from './packages/tree-shaking.mjs'

const folder = mkdtempSync(join(tmpdir(), 'nnfuse-imports-'))
try {
  linkPackages(folder)
  const problems = [
    ...(await treeShakingProblems(folder)),
    ...sideEffectProblems(folder),
    ...typeProblems(folder),
  ]
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  if (problems.length === 0) process.stdout.write(`${entries().length} entries are fine\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
