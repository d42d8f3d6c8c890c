// What can be imported of the packages, and a folder in which it can be.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readJson, root, workspacePackages } from '../workspace.mjs'

/** @typedef {{ specifier: string, name: string, forBrowsers: boolean }} Entry */

/** Packages that touch files. */
const commands = ['@nnfuse/cli', 'create-nnfuse-plugin']

/**
 * `@nnfuse/onnx` and `@nnfuse/onnx/node`, and so on: what the `exports` of the public packages name.
 *
 * @returns {Entry[]}
 */
export const entries = () =>
  workspacePackages()
    .filter(({ isPublic }) => isPublic)
    .flatMap(({ name, dir }) =>
      Object.keys(readJson(join(dir, 'package.json')).exports).map((path) => ({
        specifier: name + path.slice(1),
        name,
        forBrowsers: !commands.includes(name) && path !== './node',
      })),
    )

/**
 * Makes a folder in which the built packages can be imported by name, each with what it depends on.
 *
 * @param {string} folder
 */
export const linkPackages = (folder) => {
  const types = { name: '@types/node', dir: join(root, 'node_modules/@types/node') }
  for (const { name, dir } of [...workspacePackages(), types]) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(dir, link, 'junction') // Windows asks for no rights for these
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
}
