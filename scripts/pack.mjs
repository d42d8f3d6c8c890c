// node scripts/pack.mjs <folder>         packs the public packages, as they are built, into a folder; prints what as JSON

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pnpm } from './workspace.mjs'

/** @typedef {{ name: string, version: string, filename: string, size: number, files: { path: string }[] }} Packed */

/**
 * Packs the packages as pnpm publishes them: with versions for `workspace:` and `catalog:`.
 *
 * @param {string} folder
 * @returns {Packed[]}
 */
export function pack(folder) {
  const result = pnpm(`--recursive --filter "./packages/*" pack --json --pack-destination "${folder}"`)
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout}${result.stderr}\npnpm pack failed (exit code ${result.status}).\n`)
    process.exit(1)
  }
  return JSON.parse(result.stdout)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(JSON.stringify(pack(resolve(process.argv[2] ?? '.'))))
}
