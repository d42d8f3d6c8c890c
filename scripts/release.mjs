// pnpm release                           builds, checks and publishes the packages that npm has not got yet, and tags them
// pnpm release --dry-run                 the same up to publishing, which is only shown; needs no account
//
// Versions and changelogs come before, from `npx changeset version`; CONTRIBUTING.md says how.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm, root } from './workspace.mjs'

const isDryRun = process.argv.includes('--dry-run')

const waiting = readdirSync(join(root, '.changeset')).filter((file) => /^(?!README).*\.md$/.test(file))
if (waiting.length > 0 && !isDryRun) {
  fail(`These changes have no version yet: ${waiting.join(', ')}. Run \`npx changeset version\` and commit.`)
}
node('scripts/check-package.mjs') // builds, too
node('scripts/check-imports.mjs')
publish()
if (!isDryRun) node('node_modules/@changesets/cli/bin.js', 'tag')

function publish() {
  const options = isDryRun ? '--dry-run --no-git-checks' : ''
  const { status, stdout, stderr } = pnpm(`--recursive --filter "./packages/*" publish ${options}`)
  process.stdout.write(`${stdout}${stderr}`)
  if (status !== 0) fail(`pnpm publish failed (exit code ${status}).`)
}

/**
 * Runs a step, and ends with it where it fails.
 *
 * @param {string} script
 * @param {string[]} args
 */
function node(script, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) fail(`${script} failed (exit code ${status}). Nothing was published.`)
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
