/*
 * What quantizing a model of linear layers is worth in ONNX Runtime, without inputs to calibrate with: size, and time
 * on one thread for one row and for many. Prints ratios to the float model, measured side by side in this run; medians.
 *
 *   node scripts/bench-quantized.mjs [rounds, default 50]
 *
 * Needs a build (`npm run build`).
 */

import { createRequire } from 'node:module'
import { inference, manualSeed, ReLU, Sequential, stateInputs } from '../packages/ir/dist/index.js'
import { serializeOnnx } from '../packages/onnx/dist/index.js'
import {
  qconfigs,
  quantizeDynamic,
  quantizeWeights,
  SignalToNoise,
} from '../packages/quantization/dist/index.js'
import { compare, warmContestant } from './bench/measure.mjs'

/** @typedef {{ data: Float32Array }} OrtTensor */
/** @typedef {{ inputNames: string[], outputNames: string[], run: (feeds: Record<string, OrtTensor>) => Promise<Record<string, OrtTensor>> }} Session */

const { InferenceSession, Tensor } = createRequire(new URL('../packages/cli/package.json', import.meta.url))(
  'onnxruntime-node',
)

const rounds = Number(process.argv[2] ?? 50)
const width = 768

/** Six times what follows the attention in a block of BERT, for one text of so many tokens. */
const model = () => {
  const nn = manualSeed(0)
  const layers = Array.from({ length: 6 }, () => [
    nn.Linear(width, 4 * width),
    ReLU(),
    nn.Linear(4 * width, width),
  ])
  return stateInputs(inference(Sequential(layers.flat())), [{ dtype: 'float32', shape: [1, 'rows', width] }])
}

const int8 = qconfigs.calibration.onnxruntime
const int4 = /** @type {const} */ ({
  ...int8,
  weight: { ...int8.weight, dtype: 'int4', min: -7, max: 7 },
})

const float = model()
/** @type {[name: string, bytes: Uint8Array][]} */
const files = [
  ['float', await serializeOnnx(float, { opset: 21 })],
  ['dynamic, 8 bits', await serializeOnnx(quantizeDynamic(float), { opset: 21 })],
  ['weights only, 8 bits', await serializeOnnx(quantizeWeights(float), { opset: 21 })],
  [
    'weights only, 4 bits in blocks of 32',
    await serializeOnnx(quantizeWeights(float, { default: int4 }, { blockSize: 32 }), { opset: 21 }),
  ],
]

/** @param {Uint8Array} bytes @returns {Promise<Session>} */
const open = (bytes) => InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 })

/** @param {number} rows */
const input = (rows) =>
  new Tensor(
    'float32',
    Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i * i)),
    [1, rows, width],
  )

/** @param {Session} session @param {OrtTensor} x */
const run = async (session, x) => {
  const [name = ''] = session.inputNames
  const results = await session.run({ [name]: x })
  return /** @type {Float32Array} */ (results[session.outputNames[0] ?? '']?.data)
}

const sessions = await Promise.all(
  files.map(async ([name, bytes]) => ({ name, bytes, session: await open(bytes) })),
)
const right = await run(/** @type {typeof sessions[0]} */ (sessions[0]).session, input(16))

/** @param {number} rows */
const timesFor = async (rows) => {
  const x = input(rows)
  const contestants = []
  for (const { name, session } of sessions)
    contestants.push(await warmContestant(name, () => run(session, x)))
  return compare(rounds, contestants)
}

const [one, many] = [await timesFor(1), await timesFor(128)]

/** @param {(name: string) => { seconds: number }} times @param {string} name */
const speed = (times, name) => {
  const [before, after] = [times('float').seconds, times(name).seconds]
  return `${(after * 1000).toFixed(1)} ms, ${(before / after).toFixed(2)}x as fast`
}

/** @param {Uint8Array} bytes */
const size = (bytes) => {
  const whole = files[0]?.[1].length ?? 1
  return `${(bytes.length / 1e6).toFixed(1)} MB, ${((100 * bytes.length) / whole).toFixed(0)} %`
}

const rows = [['', 'size', 'one row', '128 rows', 'outputs']]
for (const { name, bytes, session } of sessions) {
  const ratio = new SignalToNoise()
  ratio.add(right, await run(session, input(16)))
  const noise = Number.isFinite(ratio.decibels) ? `${ratio.decibels.toFixed(1)} dB` : 'equal'
  rows.push([name, size(bytes), speed(one, name), speed(many, name), noise])
}
process.stdout.write(`${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`)
