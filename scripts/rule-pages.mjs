// node scripts/rule-pages.mjs            says which pages of docs/rules are not what the rules are
// node scripts/rule-pages.mjs --write    writes them
//
// Patterns, exactness and examples come from the rules themselves, the rest from scripts/rule-pages. Needs a build
// (`npm run build`).

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { reasonProblems } from './rule-pages/check-reasons.mjs'
import { conditions } from './rule-pages/conditions.mjs'
import { families } from './rule-pages/families.mjs'
import { indexPage } from './rule-pages/index-page.mjs'
import { rewritePage, rulePage } from './rule-pages/page.mjs'
import { rewrites } from './rule-pages/passes.mjs'
import { shipped } from './rule-pages/plugins.mjs'
import { syncPages } from './sync-pages.mjs'
import { root } from './workspace.mjs'

const rules = shipped.flatMap((one) => (one.plugin.rules ?? []).map((rule) => ({ rule, shipped: one })))

/** @param {string} wanted */
const shippedIn = (wanted) => {
  const found = shipped.find(({ folder }) => folder === wanted)
  if (found === undefined) throw new Error(`${wanted} is not in scripts/rule-pages/plugins.mjs`)
  return found
}

const pages = new Map([
  ['README.md', indexPage(shipped, rules, rewrites)],
  ...rules.map(
    (registered) => /** @type {const} */ ([`${registered.rule.name}.md`, rulePage(registered, rules)]),
  ),
  ...rewrites.map(
    (one) => /** @type {const} */ ([`${one.name}.md`, rewritePage(one, shippedIn(one.folder))]),
  ),
])

/** Every plugin package has its rules and the names that its passes give here. */
const missing = async () => {
  const folders = readdirSync(join(root, 'packages')).filter((name) => /^(fuser-.*|simplify)$/.test(name))
  const faces = await Promise.all(folders.map((name) => import(`../packages/${name}/dist/index.js`)))
  const exported = faces.flatMap((face) => Object.values(face))
  const ruleNames = exported.filter(Array.isArray).flatMap((list) => list.map(({ name }) => name))
  const passNames = exported.flatMap((value) => value?.rewrites ?? [])
  return [...ruleNames, ...passNames]
    .filter((name) => !pages.has(`${name}.md`))
    .map((name) => `the rule ${name} has no page`)
}

/** @param {string} folder */
const reasonsOf = (folder) => [
  ...Object.values(conditions[folder] ?? {}).flatMap(({ reasons }) => reasons),
  ...families.filter((family) => family.folder === folder).flatMap(({ left = [] }) => left),
  ...rewrites.filter((one) => one.folder === folder).flatMap(({ left }) => left),
]

const folders = [...new Set(shipped.map(({ folder }) => folder))]
const problems = [
  ...(await missing()),
  ...folders.flatMap((folder) => reasonProblems(folder, reasonsOf(folder))),
]
syncPages('docs/rules', pages, { isWriting: process.argv.includes('--write'), problems })
