// A folder of pages that a script writes.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

/**
 * Writes the pages, and removes others; or says which are not what they should be. Ends with exit code 1 where
 * something is wrong.
 *
 * @param {string} folder `docs/rules`
 * @param {ReadonlyMap<string, string>} pages by file name
 * @param {{ isWriting: boolean, problems?: readonly string[] }} options
 */
export const syncPages = (folder, pages, { isWriting, problems = [] }) => {
  const at = (/** @type {string} */ file) => join(root, folder, file)
  mkdirSync(at(''), { recursive: true })
  const there = readdirSync(at('')).filter((file) => file.endsWith('.md'))
  const surplus = there.filter((file) => !pages.has(file))
  const stale = [...pages].filter(
    ([file, text]) => !existsSync(at(file)) || readFileSync(at(file), 'utf8') !== text,
  )
  if (isWriting) {
    for (const file of surplus) rmSync(at(file))
    for (const [file, text] of stale) writeFileSync(at(file), text)
  }
  const differing = isWriting ? [] : [...surplus, ...stale.map(([file]) => file)]
  const all = [
    ...problems,
    ...differing.map((file) => `${folder}/${file} is not up to date; run with --write`),
  ]
  for (const problem of all) process.stderr.write(`${problem}\n`)
  process.stdout.write(`${folder}: ${pages.size} pages${isWriting ? `, ${stale.length} written` : ''}\n`)
  process.exitCode = all.length > 0 ? 1 : 0
}
