// What becomes of the model of a backend test when it is read, fused and written.

import { fromBinary, toBinary } from '../../examples/node_modules/@bufbuild/protobuf/dist/esm/index.js'
import { ModelProtoSchema } from '../../examples/node_modules/onnx-buf/dist/onnx_pb.js'
import { isNnfuseError } from '../../packages/ir/dist/index.js'
import { fuse } from '../../packages/nnfuse/dist/index.js'
import { importOnnx, opsetOf, serializeOnnx } from '../../packages/onnx/dist/index.js'
import { InferenceSession } from './onnx-runtime.mjs'
import { isClose, isExact } from './values.mjs'
import { withConstants } from './with-constants.mjs'

/**
 * @typedef {import('./onnx-tests.mjs').BackendTest} BackendTest
 * @typedef {import('./onnx-tests.mjs').DataSet} DataSet
 * @typedef {import('../../packages/ir/dist/index.js').Model} Model
 * @typedef {import('./onnx-runtime.mjs').OrtTensor} OrtTensor
 *
 * @typedef {'same file' | 'exact' | 'equal' | 'cannot run' | 'not compared' | 'bound to its file' | 'failed'} Status
 * `same file`: nothing was changed; `exact`: the same bits as the original's outputs; `equal`: within the tolerance;
 * `cannot run`: ONNX Runtime cannot run the original of a changed file; `bound to its file`: not to be written without it,
 * such as operators of other domains
 *
 * @typedef {{ status: Status, reason: string }} Verdict
 * @typedef {{ identical: boolean, rules: string[], fused: Verdict, anew: Verdict }} Outcome
 * whether it is written byte for byte as it was read; what becomes of it when it is fused, and when every layer of it is
 * written anew
 */

const options = /** @type {const} */ ({
  graphOptimizationLevel: 'disabled',
  intraOpNumThreads: 1,
  logSeverityLevel: 4,
})

process.env['ALLOW_RELEASED_ONNX_OPSET_ONLY'] = '0' // it warns of an opset that is newer than it, and runs what it knows

/** The newest IR version that ONNX Runtime 1.30 reads; no newer one has changed what a graph computes. */
const newestRead = 13n

/** @param {Uint8Array} bytes */
const readable = (bytes) => {
  const model = fromBinary(ModelProtoSchema, bytes)
  if (model.irVersion <= newestRead) return bytes
  model.irVersion = newestRead
  return toBinary(ModelProtoSchema, model)
}

/** @param {unknown} error */
const messageOf = (error) => String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''

/**
 * The outputs for each data set.
 *
 * @param {Uint8Array} bytes
 * @param {readonly DataSet[]} dataSets
 */
const run = async (bytes, dataSets) => {
  const session = await InferenceSession.create(readable(bytes), options)
  try {
    const all = []
    for (const { inputs } of dataSets) {
      const given = inputs.filter(({ name }) => session.inputNames.includes(name))
      const results = await session.run(Object.fromEntries(given.map(({ name, tensor }) => [name, tensor])))
      all.push(session.outputNames.map((name) => /** @type {OrtTensor} */ (results[name])))
    }
    return all
  } finally {
    await session.release()
  }
}

/**
 * @param {OrtTensor} a
 * @param {OrtTensor | undefined} b
 * @param {(a: OrtTensor, b: OrtTensor) => boolean} isSame
 */
const isSameAs = (a, b, isSame) => b !== undefined && isSame(a, b)

/**
 * @param {OrtTensor[][]} actual
 * @param {readonly (readonly (OrtTensor | undefined)[])[]} wanted
 * @param {(a: OrtTensor, b: OrtTensor) => boolean} isSame
 */
const agree = (actual, wanted, isSame) =>
  actual.every((outputs, set) => {
    const others = wanted[set] ?? []
    return (
      others.length === outputs.length && outputs.every((output, i) => isSameAs(output, others[i], isSame))
    )
  })

/**
 * What the original gives, and what a file made of it should give: the reference outputs, or where ONNX Runtime gives
 * others, those.
 *
 * @param {BackendTest} test
 * @param {Uint8Array} original
 */
const expected = async (test, original) => {
  const before = await run(original, test.dataSets)
  const reference = test.dataSets.map(({ outputs }) => outputs.map(({ tensor }) => tensor))
  const isRight = agree(before, reference, (a, b) => isClose(a, b, test))
  return { before, wanted: isRight ? reference : before }
}

/**
 * @param {BackendTest} test
 * @param {Uint8Array} original
 * @param {Uint8Array} written
 * @returns {Promise<Verdict>}
 */
const compare = async (test, original, written) => {
  const { before, wanted } = await expected(test, original)
  const after = await run(written, test.dataSets).catch(messageOf)
  if (typeof after === 'string') return { status: 'failed', reason: after }
  /** @param {OrtTensor} a @param {OrtTensor} b */
  const isNear = (a, b) => isClose(a, b, test)
  if (agree(after, before, isExact)) return { status: 'exact', reason: '' }
  if (agree(after, wanted, isNear)) return { status: 'equal', reason: '' }
  const isRandom = !agree(await run(original, test.dataSets), before, isNear)
  return isRandom
    ? { status: 'not compared', reason: 'random' }
    : { status: 'failed', reason: 'other outputs' }
}

/**
 * @param {Uint8Array} original
 * @param {Uint8Array} written
 * @returns {Promise<Verdict>} of two models whose values cannot be given to them: whether both load
 */
const load = async (original, written) => {
  await run(original, [])
  const error = await run(written, []).then(() => '', messageOf)
  return error === ''
    ? { status: 'not compared', reason: 'no type for a value' }
    : { status: 'failed', reason: error }
}

/**
 * @param {BackendTest} test
 * @param {Uint8Array} original
 * @param {Uint8Array} written
 * @returns {Promise<Verdict>}
 */
const judge = async (test, original, written) => {
  if (Buffer.compare(written, original) === 0) return { status: 'same file', reason: '' }
  const values = test.dataSets.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])
  const isReadable = values.length > 0 && values.every(({ tensor }) => tensor)
  const verdict = isReadable ? compare(test, original, written) : load(original, written)
  return await verdict.catch((error) => ({ status: 'cannot run', reason: messageOf(error) }))
}

/** A model is no more than its graph: operators of other domains, strings, and inputs that are no tensors need the file. */
const unexpressed = new Set(['CANNOT_EXPRESS', 'INPUT_TYPES_NEEDED'])

/** @param {BackendTest} test */
const hasDefaults = ({ model: { graph, irVersion } }) => {
  const inputs = new Set(graph?.input.map(({ name }) => name))
  return irVersion >= 4n && graph?.initializer.some(({ name }) => inputs.has(name))
}

/**
 * The model with every layer written as one that was built would be: nothing is known of the file that it comes from.
 *
 * @param {BackendTest} test
 * @param {Uint8Array} bytes
 * @param {Model} model
 * @returns {Promise<Verdict>}
 */
const judgeAnew = async (test, bytes, model) => {
  const irVersion = Math.max(8, Number(test.model.irVersion)) // an older one lists initializers as inputs
  if (hasDefaults(test)) return { status: 'bound to its file', reason: 'inputs with default values' }
  try {
    return await judge(test, bytes, await serializeOnnx(model.root, { opset: opsetOf(model), irVersion }))
  } catch (error) {
    if (!isNnfuseError(error) || !unexpressed.has(error.code)) throw error
    return { status: 'bound to its file', reason: messageOf(error) }
  }
}

/**
 * @param {BackendTest} test
 * @param {Uint8Array} bytes
 * @returns {Promise<Outcome>}
 */
const outcomeOf = async (test, bytes) => {
  const model = await importOnnx(bytes)
  const identical = Buffer.compare(await serializeOnnx(model), bytes) === 0
  const fused = fuse(model)
  return {
    identical,
    rules: [...new Set(fused.report.applied.map(({ rule }) => rule))],
    fused: await judge(test, bytes, await serializeOnnx(fused.model)),
    anew: await judgeAnew(test, bytes, model),
  }
}

/** @param {unknown} error @returns {Outcome} */
const broken = (error) => {
  const verdict = /** @type {const} */ ({ status: 'failed', reason: messageOf(error) })
  return { identical: false, rules: [], fused: verdict, anew: verdict }
}

/**
 * Of the test as it is, and of the same with all inputs but the first as constants where it has any.
 *
 * @param {BackendTest} test
 */
export const runTest = async (test) => {
  const constants = withConstants(test)
  const outcomes = [await outcomeOf(test, test.bytes).catch(broken)]
  if (constants) outcomes.push(await outcomeOf(test, constants).catch(broken))
  return outcomes
}
