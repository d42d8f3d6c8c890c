/*
 * Makes packages/kernels/src/scale-wasm.ts of scale.wat, with the WebAssembly binary toolkit.
 *
 *   node scripts/build-kernels.mjs [--check]      --check writes nothing and fails where the two do not agree
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import wabt from 'wabt'

const folder = new URL('../packages/kernels/src/', import.meta.url)
const source = new URL('scale.wat', folder)
const target = new URL('scale-wasm.ts', folder)

const { parseWat } = await wabt()
const module = parseWat('scale.wat', readFileSync(source, 'utf8'), { simd: true })
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64')
module.destroy()

const lines = (base64.match(/.{1,100}/g) ?? []).map((line) => `  '${line}',`)
const text = `/** scale.wat as WebAssembly, in base64. Made by scripts/build-kernels.mjs. */
export const scaleWasm: string = [
${lines.join('\n')}
].join('')
`

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write('scale-wasm.ts is not what scale.wat gives: run node scripts/build-kernels.mjs\n')
    process.exit(1)
  }
} else {
  writeFileSync(target, text)
  process.stdout.write(`${fileURLToPath(target)}: ${base64.length} characters\n`)
}
