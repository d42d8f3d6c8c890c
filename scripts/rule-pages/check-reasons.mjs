// The reasons on the pages are those of the sources: each is given somewhere, and each that rules give is on a page.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../workspace.mjs'

/** @param {string} folder */
const sourcesOf = (folder) => {
  const src = join(root, 'packages', folder, 'src')
  return readdirSync(src)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(src, file), 'utf8'))
    .join('\n')
}

/** `${...}` of a template, as the pages print it. */
const withDots = (/** @type {string} */ template) =>
  template.replace(/\$\{[^}]*\}/g, '…').replaceAll("\\'", "'")

/** @param {string} source */
const givenIn = (source) =>
  [...source.matchAll(/\bdecline\(\s*(?:`([^`]+)`|'((?:\\.|[^'])+)')/g)].map(([, template, text]) =>
    withDots(template ?? text ?? ''),
  )

/**
 * @param {string} folder a plugin's package
 * @param {readonly string[]} onPages all reasons on pages of its rules
 * @returns {string[]}
 */
export const reasonProblems = (folder, onPages) => {
  const source = sourcesOf(folder)
  const given = givenIn(source)
  const isGiven = (/** @type {string} */ reason) =>
    given.includes(reason) || source.includes(`'${reason}'`) || source.includes(`\`${reason}\``)
  return [
    ...onPages
      .filter((reason) => !isGiven(reason))
      .map((reason) => `${folder}: no source gives the reason "${reason}"`),
    ...given
      .filter((reason) => !onPages.includes(reason) && !isOnlyJoined.includes(reason))
      .map((reason) => `${folder}: the reason "${reason}" is on no page`),
  ]
}

/** They put a reason that is on a page behind the name of a layer. */
const isOnlyJoined = ['…: …']
