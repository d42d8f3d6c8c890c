// node scripts/bundle-command.mjs <folder>   makes one file, and a few that are loaded later, of the built command
//
// Node opens, resolves and links each module by itself: some 300 of them take several times what running them does.
// esbuild (bundles faster than the others and splits what is imported later) is a tool for packing; no package needs it.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root } from './workspace.mjs'

/** Packages in CommonJS ask `require` for Node's own modules; ES modules have none. */
const requireForAll =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url)"

/**
 * Bundles the command as it is built, replacing what is in the folder.
 *
 * @param {string} folder
 */
export async function bundleCommand(folder) {
  rmSync(folder, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'packages/cli/dist/main.js')],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['onnxruntime-node', 'jiti'],
    banner: { js: requireForAll },
    minifyWhitespace: true, // half of it is comments, which Node reads at each start; names stay, for errors
    minifySyntax: true,
    metafile: true,
    logLevel: 'warning',
  })
  writeFileSync(join(folder, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)))
}

/**
 * What is copied into a bundle keeps its licence.
 *
 * @param {string[]} files relative to the root
 */
function licences(files) {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [])
  return [...new Set(folders)].sort().map(licence).join('\n\n')
}

/** @param {string} folder */
function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license']
    .map((candidate) => join(root, folder, candidate))
    .find(existsSync)
  return `${name} ${version} (${license})\n\n${file ? readFileSync(file, 'utf8') : ''}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2]
  if (folder === undefined) throw new Error('Say where: node scripts/bundle-command.mjs <folder>')
  await bundleCommand(resolve(folder))
}
