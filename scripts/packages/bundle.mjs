// A program that imports packages, as one file.

import { build } from 'esbuild'

/** @typedef {{ code: string, inputs: string[] }} Bundle `inputs`: the files that are part of it */

/** They are libraries of machine code, or load one. */
const neverBundled = ['onnxruntime-node', 'jiti']

/**
 * @param {string} folder where packages are looked up; see `linkPackages`
 * @param {string} source
 * @param {{ platform: 'browser' | 'node', external?: string[] }} options
 * @returns {Promise<Bundle>}
 */
export const bundle = async (folder, source, { platform, external = [] }) => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: folder },
    absWorkingDir: folder,
    platform,
    external: [...neverBundled, ...external],
    bundle: true,
    format: 'esm',
    minify: true,
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return { code: outputFiles[0]?.text ?? '', inputs: inputs.map(([path]) => path) }
}
