// `"sideEffects": false` is true: who imports a package finds the world as it was.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries } from './entries.mjs'

/** Prints what is new after each import: on the global object, on prototypes that all share, and who listens. */
const program = (/** @type {string[]} */ specifiers) => `
const names = ['Object', 'Array', 'Function', 'Promise', 'Map', 'String', 'Uint8Array', 'Float32Array', 'Error']
const shared = { globalThis, ...Object.fromEntries(names.map((name) => [name, globalThis[name].prototype])) }
const state = () => [
  ...Object.entries(shared).flatMap(([name, value]) => Reflect.ownKeys(value).map((key) => name + '.' + String(key))),
  ...process.eventNames().map((name) => 'process.on ' + String(name)),
]
const added = []
for (const specifier of ${JSON.stringify(specifiers)}) {
  const before = new Set(state())
  await import(specifier)
  for (const key of state()) if (!before.has(key)) added.push('importing ' + specifier + ' adds ' + key)
}
console.log(JSON.stringify(added))
`

/**
 * @param {string} folder where packages are looked up; see `linkPackages`
 * @returns {string[]}
 */
export const sideEffectProblems = (folder) => {
  const file = join(folder, 'import-all.mjs')
  writeFileSync(file, program(entries().map(({ specifier }) => specifier)))
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' })
  return status === 0 ? JSON.parse(stdout) : [`importing the packages fails: ${stderr}`]
}
