import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratch } from './run-nnfuse.js'

const packages = fileURLToPath(new URL('../../', import.meta.url))

/** A folder of a user of the command, in which our packages are installed, with these files. */
export const folderWith = (files: Readonly<Record<string, string | object>>): string => {
  const folder = scratch()
  mkdirSync(join(folder, 'node_modules/@nnfuse'), { recursive: true })
  for (const name of ['ir', 'matcher', 'pass-manager', 'cli']) {
    symlinkSync(join(packages, name), join(folder, 'node_modules/@nnfuse', name), 'junction')
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

/** The source of a plugin that drops a dropout after a convolution, and tells its options by its name. */
export const dropouts = `
import { Conv2d, Dropout } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'

export default ({ called = 'dropouts' } = {}) => ({
  name: called,
  rules: [rule('conv2d-dropout', [Conv2d, Dropout], (conv) => conv, { exactness: 'bits' })],
})
`

/** The files of a package that is a plugin. */
export const packageOf = (
  name: string,
  source: string,
  manifest: object = {},
): Readonly<Record<string, string | object>> => ({
  [`node_modules/${name}/package.json`]: {
    name,
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    ...manifest,
  },
  [`node_modules/${name}/index.js`]: source,
})
