/*
 * How fast layers and their gradients are computed, beside the same forward differentiated by jax-js. Prints
 * milliseconds of processor time of a forward and a way back together, and the ratio; the best of several runs of each,
 * in turns.
 *
 *   node scripts/bench-gradients.mjs [runs, default 10]
 *
 * Needs a build (`npm run build`).
 */

import { AvgPool2d, Conv2d, ConvTranspose2d, floatTensor, MaxPool2d } from '../packages/ir/dist/index.js'
import { Device } from '../packages/runtime/dist/device.js'
import { conv } from '../packages/runtime/dist/ops/conv.js'
import { convTranspose } from '../packages/runtime/dist/ops/conv-transpose.js'
import { convTransposeWithWayBack } from '../packages/runtime/dist/ops/conv-transpose-way-back.js'
import { convWithWayBack } from '../packages/runtime/dist/ops/conv-way-back.js'
import { adaptiveAvgPlaces, averageOf, avgPlaces, maxPool } from '../packages/runtime/dist/ops/pooling.js'
import { averageWithWayBack, maxPoolWithWayBack } from '../packages/runtime/dist/ops/pooling-way-back.js'
import { numpy as np, vjp } from '../packages/runtime/node_modules/@jax-js/jax/dist/index.js'

/** @typedef {import('../packages/runtime/dist/device.js').Value} Value */
/** @typedef {import('../packages/runtime/dist/way-back.js').WayBack} WayBack */

/**
 * @typedef {object} Layer
 * @property {readonly Value[]} inputs
 * @property {(...inputs: Value[]) => Value} compute
 * @property {(inputs: Value[]) => WayBack | undefined} withWayBack
 */

const runs = Number(process.argv[2] ?? 10)
const device = await Device.open('wasm')

/**
 * @param {number} seed
 * @param {readonly number[]} shape
 */
const numbers = (seed, shape) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 1.7 * i))

/** @param {number} seed @param {readonly number[]} shape */
const place = (seed, shape) => device.array(numbers(seed, shape), shape, 'float32')

/** @param {readonly number[]} shape */
const weightOf = (shape) => floatTensor(numbers(2, shape), shape)

/** @param {readonly Value[]} values */
const settled = async (values) => {
  for (const value of values) {
    await value.blockUntilReady()
    value.dispose()
  }
}

/** @param {Value} value */
const cotangentOf = ({ shape, dtype, device: where }) => np.ones(shape, { dtype, device: where })

/** @param {Layer} layer */
const byJax = async ({ compute, inputs }) => {
  const [value, back] = vjp(
    compute,
    inputs.map((input) => input.ref),
  )
  const gradients = /** @type {Value[]} */ (/** @type {unknown} */ (back(cotangentOf(value))))
  back.dispose()
  await settled([value, ...gradients])
}

/** @param {Layer} layer */
const byUs = async ({ withWayBack, inputs }) => {
  const way = withWayBack(inputs.map((input) => input.ref))
  if (way === undefined) return 'its own'
  const cotangent = cotangentOf(way.value)
  const gradients = way.back(cotangent)
  cotangent.dispose()
  way.dispose()
  await settled([way.value, ...gradients])
  return undefined
}

/**
 * Milliseconds of processor time, to which it makes little difference what else the machine does.
 *
 * @param {() => Promise<unknown>} work
 */
const timed = async (work) => {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** @param {readonly (string | number)[]} cells */
const row = (cells) =>
  process.stdout.write(
    `${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(52) : String(cell).padStart(12))).join('')}\n`,
  )

/** @param {string} name @param {Layer} layer */
const measure = async (name, layer) => {
  const left = await byUs(layer)
  const best = { jax: Number.POSITIVE_INFINITY, ours: Number.POSITIVE_INFINITY }
  for (let i = 0; i < runs; i += 1) {
    best.jax = Math.min(best.jax, await timed(() => byJax(layer)))
    if (left === undefined) best.ours = Math.min(best.ours, await timed(() => byUs(layer)))
  }
  const [jax, ours] = [best.jax.toFixed(1), best.ours.toFixed(1)]
  row(left === undefined ? [name, jax, ours, (best.jax / best.ours).toFixed(1)] : [name, jax, left])
}

/** @param {number} kernelSize @param {number} stride @param {number} padding */
const maxPooling = (kernelSize, stride, padding) => {
  const { attrs } = MaxPool2d({ kernelSize, stride, padding })
  return measure(`max pooling ${kernelSize}x${kernelSize}, stride ${stride}`, {
    inputs: [place(1, [16, 16, 32, 32])],
    compute: (x) => maxPool(/** @type {Value} */ (x), attrs, device),
    withWayBack: ([x]) => maxPoolWithWayBack(attrs, /** @type {Value} */ (x), device),
  })
}

/** @param {string} name @param {ReturnType<typeof avgPlaces>} places */
const averaging = (name, places) =>
  measure(name, {
    inputs: [place(1, [16, 16, 32, 32])],
    compute: (x) => averageOf(/** @type {Value} */ (x), places, device),
    withWayBack: ([x]) => averageWithWayBack(/** @type {Value} */ (x), places, device),
  })

/** @param {number} channels @param {number} groups @param {number} stride */
const convolution = (channels, groups, stride) => {
  const shape = [channels, channels / groups, 3, 3]
  const { attrs } = Conv2d({ weight: weightOf(shape), groups, stride, padding: 1 })
  return measure(`convolution 3x3, ${channels} channels, ${groups} groups, stride ${stride}`, {
    inputs: [place(1, [8, channels, 16, 16]), place(2, shape)],
    compute: (x, weight) =>
      conv(attrs, /** @type {Value} */ (x), /** @type {Value} */ (weight), undefined, device),
    withWayBack: (inputs) => convWithWayBack(attrs, inputs, [true, true], device),
  })
}

/** @param {number} kernel @param {number} stride */
const transposed = (kernel, stride) => {
  const shape = [32, 16, kernel, kernel]
  const { attrs } = ConvTranspose2d({ weight: weightOf(shape), stride })
  return measure(`transposed convolution ${kernel}x${kernel}, stride ${stride}`, {
    inputs: [place(1, [8, 32, 8, 8]), place(2, shape)],
    compute: (x, weight) =>
      convTranspose(attrs, /** @type {Value} */ (x), /** @type {Value} */ (weight), undefined),
    withWayBack: (inputs) => convTransposeWithWayBack(attrs, inputs, [true, true], device),
  })
}

row(['forward and way back, processor milliseconds', 'jax-js', 'ours', 'ratio'])
await maxPooling(2, 2, 0)
await maxPooling(3, 2, 1)
await maxPooling(3, 1, 1)
await averaging('average pooling 2x2', avgPlaces([16, 16, 32, 32], AvgPool2d({ kernelSize: 2 }).attrs))
await averaging('global average', adaptiveAvgPlaces([16, 16, 32, 32], [1, 1]))
for (const groups of [1, 2, 4, 8, 32]) await convolution(32, groups, 1)
await convolution(64, 4, 1)
await convolution(32, 4, 2)
await transposed(2, 2)
await transposed(3, 1)
