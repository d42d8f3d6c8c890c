// node scripts/conformance-onnx.mjs <folder>            runs ONNX's backend tests and prints a table by operator
// node scripts/conformance-onnx.mjs <folder> --json     prints every outcome
// node scripts/conformance-onnx.mjs <folder> --write    writes docs/conformance.md, too
//
// The tests of all folders of the onnx package, as scripts/python/onnx_backend_tests.py writes them; or any folder of
// theirs. docs/conformance.md says what is done with each. Exits 1 where something failed. All take some minutes and one
// core. Needs a build (`npm run build`).

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { version as onnxRuntimeVersion } from './conformance/onnx-runtime.mjs'
import { testsIn } from './conformance/onnx-tests.mjs'
import { pageOf } from './conformance/page.mjs'
import { runTest } from './conformance/run-test.mjs'
import { rowsBy, tableOf } from './conformance/table.mjs'
import { readJson, root } from './workspace.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, write: { type: 'boolean' } },
})
const [folder] = positionals
if (folder === undefined || !existsSync(folder)) {
  process.stderr.write(
    'usage: node scripts/conformance-onnx.mjs <folder of ONNX backend tests> [--json] [--write]\n',
  )
  process.exit(2)
}

/** @type {Map<string, string>} */
const operators = new Map()

/**
 * The operator that a test is about; ONNX spells some once more as the nodes of the function that the operator is.
 *
 * @param {import('./conformance/onnx-tests.mjs').BackendTest} test
 */
const operatorOf = ({ name, model }) => {
  const [node, ...more] = model.graph?.node ?? []
  const operator = operators.get(name.replace(/_expanded.*$/, '')) ?? node?.opType
  if (operator === undefined || (more.length > 0 && !name.includes('_expanded'))) return 'several'
  operators.set(name, operator)
  return operator
}

/** @type {import('./conformance/table.mjs').Result[]} */
const results = []
for (const test of testsIn(folder)) {
  const { name, group } = test
  results.push({ name, group, operator: operatorOf(test), outcomes: await runTest(test) })
}

const isBroken = (/** @type {import('./conformance/run-test.mjs').Outcome} */ { identical, fused, anew }) =>
  !identical || fused.status === 'failed' || anew.status === 'failed'
const failures = results.filter(({ outcomes }) => outcomes.some(isBroken))

const told = join(folder, 'version.json')
const versions = {
  nnfuse: String(readJson(join(root, 'packages/nnfuse/package.json')).version),
  ...(existsSync(told) && /** @type {{ onnx: string }} */ (readJson(told))),
  'onnxruntime-node': onnxRuntimeVersion,
}

if (values.json) process.stdout.write(`${JSON.stringify({ versions, results }, null, 2)}\n`)
else process.stdout.write(`${tableOf(rowsBy(results, 'operator'), 'operator')}\n`)
for (const { group, name, outcomes } of failures)
  process.stderr.write(`failed: ${group}/${name} ${JSON.stringify(outcomes.filter(isBroken))}\n`)
if (values.write) writeFileSync(join(root, 'docs/conformance.md'), pageOf(results, versions))
process.exitCode = failures.length > 0 || results.length === 0 ? 1 : 0
