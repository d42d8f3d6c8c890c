// node scripts/api-pages.mjs            says which pages of docs/api are not what the packages export
// node scripts/api-pages.mjs --write    writes them
//
// Needs a build (`npm run build`).

import { join } from 'node:path'
import { exportsOf } from './api-pages/exports-of.mjs'
import { apiIndex, apiPage } from './api-pages/page.mjs'
import { syncPages } from './sync-pages.mjs'
import { readJson, workspacePackages } from './workspace.mjs'

/** `@nnfuse/onnx/node` is on `onnx-node.md`. */
const fileOf = (/** @type {string} */ specifier) =>
  `${specifier.replace('@nnfuse/', '').replaceAll('/', '-')}.md`

const entries = workspacePackages()
  .filter(({ isPublic }) => isPublic)
  .flatMap(({ name, dir }) => {
    const { exports, description } = readJson(join(dir, 'package.json'))
    return Object.entries(exports).map(([path, { types }]) => {
      const specifier = name + path.slice(1)
      const readme = `../../packages/${dir.split(/[\\/]/).at(-1)}/README.md`
      return { specifier, description, readme, types: join(dir, types), file: fileOf(specifier) }
    })
  })

const found = exportsOf(entries.map(({ types }) => types))
const exportedBy = (/** @type {string} */ types) => found.get(types) ?? []

const problems = entries.flatMap(({ specifier, types }) =>
  exportedBy(types)
    .filter(({ comment }) => comment === '')
    .map(({ name }) => `${name} of ${specifier} has no comment`),
)

const pages = new Map([
  ['README.md', apiIndex(entries.map((entry) => ({ ...entry, count: exportedBy(entry.types).length })))],
  ...entries.map((entry) => /** @type {const} */ ([entry.file, apiPage(entry, exportedBy(entry.types))])),
])
syncPages('docs/api', pages, { isWriting: process.argv.includes('--write'), problems })
