// npm run size                           how large each package is in a program that uses all of it
//
// Minified, and compressed by gzip -9: its own code alone, and with everything that it imports. Needs a build
// (`npm run build`). `--json` prints numbers.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundle } from './packages/bundle.mjs'
import { entries, linkPackages } from './packages/entries.mjs'
import { readJson, root, workspacePackages } from './workspace.mjs'

/** @typedef {{ minified: number, gzip: number }} Size in bytes */

/**
 * @param {string} folder
 * @param {import('./packages/entries.mjs').Entry} entry
 * @param {string[]} external
 * @returns {Promise<Size>}
 */
const sizeOf = async (folder, { specifier, forBrowsers }, external) => {
  const { code } = await bundle(folder, `export * from '${specifier}'`, {
    platform: forBrowsers ? 'browser' : 'node',
    external,
  })
  return { minified: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length }
}

/** @param {string} wanted */
const dependenciesOf = (wanted) => {
  const { dir } = workspacePackages().find(({ name }) => name === wanted) ?? { dir: root }
  return Object.keys(readJson(join(dir, 'package.json')).dependencies ?? {})
}

/**
 * @param {string} folder
 * @param {import('./packages/entries.mjs').Entry} entry
 */
const row = async (folder, entry) => ({
  entry: entry.specifier,
  own: await sizeOf(folder, entry, dependenciesOf(entry.name)),
  all: await sizeOf(folder, entry, []),
})

/** @param {number} bytes */
const kilobytes = (bytes) => (bytes / 1000).toFixed(1).padStart(9)

/** @param {Awaited<ReturnType<typeof row>>[]} rows */
const table = (rows) =>
  [
    'kB'.padEnd(28) + ['own, min', 'gzip', 'all, min', 'gzip'].map((title) => title.padStart(9)).join(''),
    ...rows.map(({ entry, own, all }) => {
      const cells = [own.minified, own.gzip, all.minified, all.gzip]
      return entry.padEnd(28) + cells.map(kilobytes).join('')
    }),
    '',
  ].join('\n')

const folder = mkdtempSync(join(tmpdir(), 'nnfuse-size-'))
try {
  linkPackages(folder)
  const rows = await Promise.all(entries().map((entry) => row(folder, entry)))
  process.stdout.write(process.argv.includes('--json') ? `${JSON.stringify(rows, null, 2)}\n` : table(rows))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
