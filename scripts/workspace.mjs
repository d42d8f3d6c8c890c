// Where things are in this repository, and the pinned pnpm.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** The tools, as files that Node runs: no shell and no `.cmd` wrapper in between. */
export const tools = {
  biome: join(root, 'node_modules/@biomejs/biome/bin/biome'),
  knip: join(root, 'node_modules/knip/bin/knip.js'),
  tsc: join(root, 'node_modules/typescript/bin/tsc'),
  vitest: join(root, 'node_modules/vitest/vitest.mjs'),
}

/** `pnpm@12.0.0`, as the root package.json pins it. */
export const pnpmVersion = String(readJson(join(root, 'package.json')).packageManager)

/**
 * The packages under `packages/`, in alphabetical order.
 *
 * @returns {{ name: string, dir: string, isPublic: boolean }[]}
 */
export function workspacePackages() {
  return readdirSync(join(root, 'packages'))
    .map((folder) => join(root, 'packages', folder))
    .filter((dir) => existsSync(join(dir, 'package.json')))
    .map((dir) => {
      const manifest = readJson(join(dir, 'package.json'))
      return { name: manifest.name, dir, isPublic: manifest.private !== true }
    })
}

/**
 * Runs the pinned pnpm, which npx fetches when it is not there, and captures what it prints.
 *
 * @param {string} command one line without user input, since it passes through the shell (npx is a script on Windows)
 */
export function pnpm(command) {
  return spawnSync(`npx --yes ${pnpmVersion} ${command}`, {
    cwd: root,
    shell: true,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true' }, // pnpm asks no questions
  })
}

/** @param {string} path */
export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
