// npm run check-package [-- names]       packs the public packages and looks at them as their users will get them
//
// publint checks the manifest against the files, "are the types wrong" that TypeScript finds the types, and
// we that the tarball holds what was built from today's sources and nothing else.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { problemKindInfo } from '@arethetypeswrong/core/problems'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { pack } from './pack.mjs'
import { buildPackages } from './setup.mjs'
import { workspacePackages } from './workspace.mjs'

/** @typedef {import('./pack.mjs').Packed} Packed */

/** The packages are ESM only: what `require` and Node 10 would find does not count. */
const ignoredResolutions = ['node10', 'node16-cjs']

const names = process.argv.slice(2)
const publicPackages = workspacePackages().filter(({ isPublic }) => isPublic)
const unknown = names.filter((name) => !publicPackages.some((known) => known.name === name))
if (unknown.length > 0) {
  const known = publicPackages.map(({ name }) => name).join(', ')
  process.stderr.write(`No public package is called ${unknown.join(', ')}. There are: ${known}\n`)
  process.exit(1)
}

buildPackages()
const folder = mkdtempSync(join(tmpdir(), 'nnfuse-pack-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const tarballs = pack(folder)

for (const { name, dir } of publicPackages) {
  if (names.length > 0 && !names.includes(name)) continue
  const packed = tarballs.find((tarball) => tarball.name === name)
  const problems = packed ? await problemsOf(packed, dir) : ['pnpm did not pack it']
  const size = packed ? `${packed.files.length} files, ${packed.size} bytes` : ''
  process.stdout.write(`${name.padEnd(26)} ${(problems.length > 0 ? 'FAILED' : 'ok').padEnd(7)} ${size}\n`)
  for (const problem of problems) process.stdout.write(`  ${problem}\n`)
  if (problems.length > 0) process.exitCode = 1
}

/**
 * @param {Packed} packed
 * @param {string} dir
 */
async function problemsOf({ filename, files }, dir) {
  const tarball = new Uint8Array(readFileSync(filename))
  const paths = files.map(({ path }) => path)
  return [
    ...contentProblems(paths, dir),
    ...(await manifestProblems(tarball)),
    ...(await typeProblems(tarball)),
  ]
}

/**
 * @param {string[]} paths
 * @param {string} dir
 */
function contentProblems(paths, dir) {
  const isStale = (/** @type {string} */ path) =>
    /^dist\/.*\.js$/.test(path) && !existsSync(join(dir, path.replace('dist', 'src').replace(/\.js$/, '.ts')))
  const isTest = (/** @type {string} */ path) => /^(?!template\/).*\.test(-d)?\./.test(path)
  return [
    ...['LICENSE', 'README.md'].filter((file) => !paths.includes(file)).map((file) => `${file} is missing`),
    ...paths.filter(isTest).map((path) => `${path} is a test`),
    ...paths.filter(isStale).map((path) => `${path} has no source: delete dist and build again`),
  ]
}

/** @param {Uint8Array<ArrayBuffer>} tarball */
async function manifestProblems(tarball) {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
  return messages.map((message) => `publint: ${formatMessage(message, pkg ?? {}, { color: false })}`)
}

/** @param {Uint8Array<ArrayBuffer>} tarball */
async function typeProblems(tarball) {
  const analysis = await checkPackage(createPackageFromTarballData(tarball))
  if (!analysis.types) return ['types: the package has none']
  return analysis.problems
    .filter(
      (problem) => !('resolutionKind' in problem && ignoredResolutions.includes(problem.resolutionKind)),
    )
    .map((problem) => `types: ${problemKindInfo[problem.kind].description} ${JSON.stringify(problem)}`)
}
