/* (d) What the command does, each part alone, in one process that is warm. */

import { rmSync } from 'node:fs'
import { fuse } from '../../packages/nnfuse/dist/index.js'
import { readOnnx, writeOnnx } from '../../packages/onnx/dist/node.js'
import { foldsOf } from './in-memory.mjs'
import { compare, warmContestant } from './measure.mjs'
import { benchModel } from './models.mjs'
import { milliseconds } from './table.mjs'

/** @import { Section } from './table.mjs' */
/** @import { Settings } from '../bench.mjs' */

/** @param {Settings} settings @returns {Promise<Section>} */
export const stages = async ({ runs, folder }) => {
  const input = await benchModel('resnet50')
  const output = `${folder}/stages.onnx`
  const model = await readOnnx(input)
  const fused = fuse(model).model
  const { evaluate } = await foldsOf()
  const names = ['parse', 'match and rewrite', 'fold, in memory', 'write what was read', 'fold and write']
  const work = [
    () => readOnnx(input),
    () => fuse(model),
    evaluate,
    () => writeOnnx(model, output),
    () => writeOnnx(fused, output),
  ]
  const contestants = []
  for (const [i, name] of names.entries()) {
    contestants.push(await warmContestant(name, /** @type {() => unknown} */ (work[i])))
  }
  const result = await compare(runs, contestants)
  rmSync(output, { force: true })
  return {
    title: '(d) ResNet-50, stage by stage; writing replaces a file and waits for the disk',
    head: ['', 'time'],
    rows: names.map((name) => [name, milliseconds(result(name).seconds)]),
    targets: [],
    data: Object.fromEntries(names.map((name) => [name, result(name).seconds])),
  }
}
