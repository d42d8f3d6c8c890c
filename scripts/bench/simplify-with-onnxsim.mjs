// node scripts/bench/simplify-with-onnxsim.mjs <main file of onnxsim> <model> <output>

import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [onnxsim, model, output] = /** @type {[string, string, string]} */ (process.argv.slice(2))
const { simplify } = await import(pathToFileURL(onnxsim).href)
const simplified = await simplify(readFileSync(model))
writeFileSync(output, simplified.model)
process.exit() // its workers would go on
