// node scripts/real-architectures-measure.mjs fuse before.onnx after.onnx      fuses a file and says what it took
// node scripts/real-architectures-measure.mjs compare before.onnx after.onnx   runs both in ONNX Runtime
//
// A step of scripts/real-architectures.mjs in a process of its own, so that its peak memory is its own; prints JSON.

import { inspectFile, verifyFiles } from '../packages/cli/dist/index.js'
import { fuse } from '../packages/nnfuse/dist/index.js'
import { documentOf, onnxCounts } from '../packages/onnx/dist/index.js'
import { readOnnx, writeOnnx } from '../packages/onnx/dist/node.js'

/**
 * How often each operator stands in a file, in graphs inside nodes too.
 *
 * @param {import('../packages/onnx/dist/index.js').OnnxDocument} file
 * @param {Map<string, number>} [ops]
 */
const countOps = (file, ops = new Map()) => {
  for (const { node } of file.nodes) ops.set(node.opType, (ops.get(node.opType) ?? 0) + 1)
  for (const { bodies } of file.bodies.values()) for (const { document } of bodies) countOps(document, ops)
  return ops
}

/** @param {import('../packages/ir/dist/index.js').Model} model */
const factsOf = (model) => {
  const document = documentOf(model)
  return { ops: Object.fromEntries(document ? countOps(document) : []), bytes: onnxCounts(model).bytes }
}

/**
 * @template T
 * @param {() => T | Promise<T>} work
 * @returns {Promise<[result: T, seconds: number]>}
 */
const timed = async (work) => {
  const started = performance.now()
  const result = await work()
  return [result, (performance.now() - started) / 1000]
}

/**
 * @param {string} before
 * @param {string} after
 */
const measureFusing = async (before, after) => {
  const [model, read] = await timed(() => readOnnx(before))
  const [{ model: fused, report }, fusing] = await timed(() => fuse(model))
  const [, write] = await timed(() => writeOnnx(fused, after))
  const peak = process.resourceUsage().maxRSS * 1024
  const { rules, left, applied } = report
  return {
    before: factsOf(model),
    after: factsOf(await readOnnx(after)),
    seconds: { read, fuse: fusing, write },
    peak,
    left,
    rules: rules.filter((rule) => rule.applied > 0).map(({ rule, applied: times }) => ({ rule, times })),
    rewrites: applied.length,
  }
}

/** How many pictures are run at once, where a file leaves that open. */
const batches = [2, 1]

/**
 * The largest difference, as a part of the largest output; null where there was nothing to compare.
 *
 * @param {string} before
 * @param {string} after
 */
const compare = async (before, after) => {
  const { inputs } = await inspectFile(before)
  const isOpen = inputs.some(({ type }) => type.includes('[batch'))
  const tried = isOpen ? batches.map((size) => new Map([['batch', size]])) : [new Map()]
  const checks = []
  for (const sizes of tried)
    checks.push((await verifyFiles(before, after, { seed: sizes.get('batch') ?? 1, sizes })).check)
  return checks.map(({ status, reason, inputs: [input], relative }) => ({
    status,
    reason,
    batch: input?.shape[0],
    relative,
  }))
}

const [step, before = '', after = ''] = process.argv.slice(2)
const result = await (step === 'fuse' ? measureFusing(before, after) : compare(before, after))
process.stdout.write(JSON.stringify(result))
