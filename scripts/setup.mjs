// What `npm start` and `npm test` need first: the dependencies and the built packages.
// Needs Node and npm only. When everything is up to date it says nothing and takes a fraction of a second.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pnpm, pnpmVersion, root, tools, workspacePackages } from './workspace.mjs'

const stamp = join(root, 'node_modules/.nnfuse-setup')

/** Installs and builds what is missing or out of date. Ends the process with a message when a step fails. */
export function setUp() {
  installDependencies()
  buildPackages()
}

function installDependencies() {
  const wanted = dependencyHash()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const reason = existsSync(stamp) ? 'they changed' : 'first run only, about 800 MB'
  say(`Installing dependencies with ${pnpmVersion.replace('@', ' ')} (${reason})`)
  const result = pnpm('install --frozen-lockfile')
  if (result.status !== 0) {
    fail(
      'Installing the dependencies',
      result,
      `If a package.json changed, run \`npx ${pnpmVersion} install\` and commit pnpm-lock.yaml.`,
    )
  }
  writeFileSync(stamp, wanted)
}

/** Builds what is out of date, without looking at the dependencies. */
export function buildPackages() {
  const dirs = workspacePackages().map(({ dir }) => dir)
  if (!dirs.every((dir) => existsSync(join(dir, 'dist')))) say('Building the packages (first run only)')
  const result = spawnSync(process.execPath, [tools.tsc, '-b', ...dirs], { cwd: root, encoding: 'utf8' })
  if (result.status !== 0)
    fail('Building the packages', result, 'Fix the errors above, then run the command again.')
}

/** Changes exactly when an install could give something else. */
function dependencyHash() {
  const manifests = workspacePackages().map(({ dir }) => join(dir, 'package.json'))
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((file) => join(root, file))
  const hash = createHash('sha256')
  for (const file of [...files, ...manifests]) hash.update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * @param {string} step
 * @param {import('node:child_process').SpawnSyncReturns<string>} result
 * @param {string} hint
 * @returns {never}
 */
function fail(step, result, hint) {
  const why = result.error?.message ?? `exit code ${result.status ?? result.signal}`
  say(`${result.stdout ?? ''}${result.stderr ?? ''}\n${step} failed (${why}). ${hint}`)
  process.exit(result.status || 1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp()
