// Bundlers leave out what is not used, and what they put in runs in browsers.

import { bundle } from './bundle.mjs'
import { entries } from './entries.mjs'

/** Who takes one fuser takes these, and no reader of files, no runtime, no other fuser. */
const beneathFusers = ['ir', 'kernels', 'matcher', 'pass-manager']

/** What each plugin package is imported for. */
const fusers = /** @type {const} */ ([
  ['fuser-conv-bn', 'convBn'],
  ['fuser-linear-relu', 'linearRelu'],
  ['fuser-qat', 'qat'],
  ['fuser-reparam', 'reparam'],
  ['fuser-affine', 'affine'],
  ['simplify', 'simplify'],
])

/**
 * The packages of ours that a bundle has something of.
 *
 * @param {import('./bundle.mjs').Bundle} bundle
 */
const packagesIn = ({ inputs }) => [
  ...new Set(inputs.flatMap((path) => path.match(/packages\/([\w-]+)\/dist\//)?.[1] ?? [])),
]

/**
 * @param {string} folder
 * @param {import('./entries.mjs').Entry} entry
 */
const unusedProblems = async (folder, { specifier, forBrowsers }) => {
  const platform = forBrowsers ? 'browser' : 'node'
  const { code } = await bundle(folder, `import * as unused from '${specifier}'`, { platform })
  return code.trim() === ''
    ? []
    : [`importing ${specifier} leaves ${code.length} bytes although nothing is used`]
}

/**
 * @param {string} folder
 * @param {(typeof fusers)[number]} fuser
 */
const fuserProblems = async (folder, [name, plugin]) => {
  const source = `import { ${plugin} } from '@nnfuse/${name}'; globalThis.plugin = ${plugin}()`
  const superfluous = packagesIn(await bundle(folder, source, { platform: 'browser' })).filter(
    (found) => found !== name && !beneathFusers.includes(found),
  )
  return superfluous.length === 0 ? [] : [`@nnfuse/${name} pulls ${superfluous.join(', ')}`]
}

/**
 * A bundle for browsers cannot be made of what imports `node:`.
 *
 * @param {string} folder
 * @param {import('./entries.mjs').Entry} entry
 */
const browserProblems = async (folder, { specifier }) => {
  const source = `import * as all from '${specifier}'; globalThis.all = all`
  try {
    await bundle(folder, source, { platform: 'browser' })
    return []
  } catch (error) {
    return [`${specifier} does not bundle for browsers: ${error}`]
  }
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
export const treeShakingProblems = async (folder) => {
  const all = entries()
  const checks = [
    ...all.map((entry) => unusedProblems(folder, entry)),
    ...all.filter(({ forBrowsers }) => forBrowsers).map((entry) => browserProblems(folder, entry)),
    ...fusers.map((fuser) => fuserProblems(folder, fuser)),
  ]
  return (await Promise.all(checks)).flat()
}
