// The declarations of every package, checked as a user's compiler does it that checks libraries, too.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../workspace.mjs'
import { entries } from './entries.mjs'

/** The oldest that is supported, and the newest: dependencies of the repository. */
const compilers = ['typescript-oldest', 'typescript']

const flags = [
  ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'],
  ...['--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'],
]

/** What the declarations of @jax-js/jax use and older compilers have not: @webgpu/types, and an array of 16 bits. */
const missing = `interface GPUDevice {}
interface GPUBuffer {}
interface Float16Array<T extends ArrayBufferLike = ArrayBufferLike> { readonly buffer: T }
`

/** @param {string} compiler */
const libraries = (compiler) =>
  compiler === 'typescript-oldest' ? ['--lib', 'es2023,dom', 'missing.d.ts'] : ['--lib', 'esnext,dom']

/**
 * @param {string} folder
 * @returns {string[]}
 */
export const typeProblems = (folder) => {
  const imports = entries().map(({ specifier }, i) => `export * as entry${i} from '${specifier}'\n`)
  writeFileSync(join(folder, 'consumer.ts'), imports.join(''))
  writeFileSync(join(folder, 'missing.d.ts'), missing)
  return compilers.flatMap((compiler) => {
    const tsc = join(root, 'node_modules', compiler, 'bin/tsc')
    const files = ['consumer.ts', ...libraries(compiler)]
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags, ...files], {
      cwd: folder,
      encoding: 'utf8',
    })
    return status === 0 ? [] : [`${compiler}:\n${stdout}`]
  })
}
