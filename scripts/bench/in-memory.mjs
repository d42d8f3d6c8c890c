/* (c) Folding against copying the same bytes, in memory. */

import { readFileSync } from 'node:fs'
import { byteLength, partReader } from '../../packages/ir/dist/index.js'
import { leadingChannels, scaleBlocks } from '../../packages/kernels/dist/index.js'
import { fuse } from '../../packages/nnfuse/dist/index.js'
import { importOnnx, initializerTensors } from '../../packages/onnx/dist/index.js'
import { compare, warmContestant } from './measure.mjs'
import { benchModel } from './models.mjs'
import { milliseconds, times } from './table.mjs'

/** @import { Tensor } from '../../packages/ir/dist/index.js' */
/** @import { Section } from './table.mjs' */
/** @import { Settings } from '../bench.mjs' */

/** As large as the pieces in which files are written. */
const piece = 2 ** 20

const channels = 1024
const shape = [channels, 16_384]
const weightBytes = byteLength({ dtype: 'float32', shape })

/** One weight scaled in place, piece after piece, as writing does it with what it has read. */
const foldLoop = async (/** @type {number} */ runs) => {
  const source = Buffer.from(Float32Array.from({ length: weightBytes / 4 }, (_, i) => Math.sin(i)).buffer)
  const target = Buffer.alloc(weightBytes)
  const factors = Float32Array.from({ length: channels }, (_, i) => (i % 2 === 0 ? -1 : 1)) // no run leaves small numbers
  const scale = scaleBlocks('float32', factors, leadingChannels(shape))
  const fold = () => {
    for (let at = 0; at < weightBytes; at += piece) scale(target.subarray(at, at + piece), at)
  }
  source.copy(target)
  return await compare(runs, [
    await warmContestant('copy', () => source.copy(target)),
    await warmContestant('fold', fold),
  ])
}

/** Every fold of a model into one piece of memory, tensor behind tensor. */
export const foldsOf = async () => {
  const model = await importOnnx(readFileSync(await benchModel('resnet50')))
  const tensors = [...initializerTensors(fuse(model).model).values()]
  /** @type {(tensor: Tensor) => boolean} */
  const isFolded = ({ storage }) => storage.type === 'elementwise' || storage.type === 'deferred'
  const folded = tensors.filter(isFolded)
  const total = folded.reduce((sum, tensor) => sum + byteLength(tensor), 0)
  const target = Buffer.alloc(total)
  const evaluate = async () => {
    let start = 0
    for (const tensor of folded) {
      const read = await partReader(tensor)
      const length = byteLength(tensor)
      for (let at = 0; at < length; at += piece) {
        await read(target.subarray(start + at, start + Math.min(at + piece, length)), at)
      }
      start += length
    }
  }
  return {
    count: folded.filter(({ storage }) => storage.type === 'elementwise').length,
    total,
    target,
    evaluate,
  }
}

const allFolds = async (/** @type {number} */ runs) => {
  const { count, total, target, evaluate } = await foldsOf()
  const source = Buffer.alloc(total, 1)
  const result = await compare(runs, [
    await warmContestant('copy', () => source.copy(target)),
    await warmContestant('fold', evaluate),
  ])
  return { count, total, copy: result('copy'), fold: result('fold') }
}

/** @param {number} bytes @param {number} seconds */
const rate = (bytes, seconds) => `${(bytes / seconds / 1e9).toFixed(1)} GB/s`

/** @param {Settings} settings @returns {Promise<Section>} */
export const inMemory = async ({ runs }) => {
  const loop = await foldLoop(runs)
  const [copy, fold] = [loop('copy').seconds, loop('fold').seconds]
  const all = await allFolds(runs)
  const allRatio = all.fold.seconds / all.copy.seconds
  const model = `${all.count} folds of ResNet-50`
  return {
    title: '(c) Folding float32 against Buffer.copy of the same bytes, in memory',
    head: ['', 'copy', 'fold', 'ratio', 'copy', 'fold'],
    rows: [
      [
        'one weight, 64 MiB',
        ...[copy, fold].map(milliseconds),
        times(fold / copy),
        rate(weightBytes, copy),
        rate(weightBytes, fold),
      ],
      [
        model,
        ...[all.copy.seconds, all.fold.seconds].map(milliseconds),
        times(allRatio),
        rate(all.total, all.copy.seconds),
        rate(all.total, all.fold.seconds),
      ],
    ],
    targets: [
      {
        what: "fold loop, share of memcpy's rate",
        value: (100 * copy) / fold,
        target: 70,
        atLeast: true,
        unit: ' %',
      },
      { what: `${model} against memcpy`, value: allRatio, target: 2.5 },
    ],
    data: { loop: { copy, fold }, all },
  }
}
