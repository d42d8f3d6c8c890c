// npm run check                          everything that a change must pass, and one last line with the count
//
// Every step runs, also after another failed. Each test counts as one, and so does each of the other steps.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJson, root, tools } from './workspace.mjs'

const folder = mkdtempSync(join(tmpdir(), 'nnfuse-check-'))
const json = join(folder, 'tests.json')
const counts = { passed: 0, failed: 0 }

try {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${json}`]
  const tested = run('npm test', ['test', '--', ...reporters], 'npm')
  count(...testResults(tested))
  for (const [name, args] of /** @type {const} */ ([
    ['lint', [tools.biome, 'check', '--error-on-warnings']],
    ['unused files, exports and dependencies', [tools.knip]],
    ['types', [tools.tsc, '-b']],
    ['packages', [join(root, 'scripts/check-package.mjs')]],
  ])) {
    const ok = run(name, [...args])
    count(ok ? 1 : 0, ok ? 0 : 1)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
  process.exitCode = counts.failed > 0 ? 1 : 0
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed\n`)
}

/**
 * @param {string} name
 * @param {string[]} args
 * @param {string} command Node itself unless told
 */
function run(name, args, command = process.execPath) {
  process.stdout.write(`\n== ${name}\n`)
  const started = performance.now()
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: command === 'npm' && process.platform === 'win32',
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`== ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`)
  return status === 0
}

/**
 * How many tests passed and failed. A test file that does not load is one failure, and so is a run that
 * fails without a failed test (an unhandled rejection, a failed build).
 *
 * @param {boolean} ok
 * @returns {[passed: number, failed: number]}
 */
function testResults(ok) {
  try {
    const { numPassedTests, numFailedTests, testResults: files } = readJson(json)
    const broken = files.filter(
      (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
        file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
    ).length
    const failed = numFailedTests + broken
    return [numPassedTests, ok ? failed : Math.max(failed, 1)]
  } catch {
    return [0, 1]
  }
}

/**
 * @param {number} passed
 * @param {number} failed
 */
function count(passed, failed) {
  counts.passed += passed
  counts.failed += failed
}
