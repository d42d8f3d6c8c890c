/* (b) The whole command against others that fold batch-norms: ONNX Runtime, and onnxsim from npm. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../workspace.mjs'
import { compare, nodeContestant } from './measure.mjs'
import { benchModel } from './models.mjs'
import { megabytes, milliseconds, times } from './table.mjs'

/** @import { Result } from './measure.mjs' */
/** @import { Measured, Section } from './table.mjs' */
/** @import { Settings } from '../bench.mjs' */

const onnxsim = { name: 'onnxsim', version: '0.7.3', folder: join(root, '.cache/bench/onnxsim') }

/** Its main file, installed when first asked for, which nothing else needs; undefined where it cannot be had. */
const onnxsimFile = () => {
  const { name, version, folder } = onnxsim
  const file = join(folder, 'node_modules', name, 'index.mjs')
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save']
  const args = ['install', ...options, `${name}@${version}`]
  spawnSync('npm', args, { cwd: folder, stdio: 'ignore', shell: process.platform === 'win32' })
  return existsSync(file) ? file : undefined
}

/** @param {string} name */
const script = (name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url))

/**
 * @param {Settings} settings
 * @param {string} input
 */
const ours = ({ command, folder }, input) => {
  const output = `${folder}/ours.onnx`
  return nodeContestant(
    'nnfuse fuse',
    [command, 'fuse', input, '-o', output, '--no-verify', '-q', '--no-config'],
    { removes: [output] },
  )
}

/** @param {string} name @param {Result} other @param {Result} us */
const cells = (name, other, us) => [
  name,
  milliseconds(other.seconds),
  times(other.seconds / us.seconds),
  megabytes(other.megabytes),
  other.megabytes && us.megabytes ? times(other.megabytes / us.megabytes) : '',
]

/** @param {string} what @param {number} value @param {number} target @returns {Measured} */
const atLeast = (what, value, target) => ({ what, value, target, atLeast: true })

/** @param {Settings} settings @param {string} input */
const againstOnnxRuntime = async (settings, input) => {
  const output = `${settings.folder}/theirs.onnx`
  const theirs = nodeContestant('onnxruntime', [script('optimize-with-onnxruntime'), input, output], {
    removes: [output],
  })
  const copy = nodeContestant('copy', [script('copy-with-node'), input, output], { removes: [output] })
  const result = await compare(settings.runs, [ours(settings, input), theirs, copy])
  const [us, other, copied] = [result('nnfuse fuse'), result('onnxruntime'), result('copy')]
  const memory = (other.megabytes ?? Number.NaN) / (us.megabytes ?? Number.NaN)
  return {
    rows: [
      cells('nnfuse fuse', us, us),
      cells('a copy by Node, waiting for the disk', copied, us),
      cells('onnxruntime-node, offline, basic', other, us),
    ],
    targets: [
      atLeast('time of ONNX Runtime against ours', other.seconds / us.seconds, 4),
      atLeast('memory of ONNX Runtime against ours', memory, 3),
    ],
    data: { us, other, copied },
  }
}

/** It takes so long that three runs are enough. @param {Settings} settings @param {string} input */
const againstOnnxsim = async (settings, input) => {
  const file = onnxsimFile()
  if (file === undefined) {
    return { rows: [['onnxsim from npm', 'could not be installed']], targets: [], data: null }
  }
  const output = `${settings.folder}/simplified.onnx`
  const theirs = nodeContestant('onnxsim', [script('simplify-with-onnxsim'), file, input, output], {
    removes: [output],
    touches: 2048,
  })
  const result = await compare(Math.min(settings.runs, 3), [ours(settings, input), theirs])
  const [us, other] = [result('nnfuse fuse'), result('onnxsim')]
  return {
    rows: [cells('nnfuse fuse, again', us, us), cells(`onnxsim ${onnxsim.version} from npm`, other, us)],
    targets: [atLeast('time of onnxsim against ours', other.seconds / us.seconds, 50)],
    data: { us, other },
  }
}

/** @param {Settings} settings @returns {Promise<Section>} */
export const againstOthers = async (settings) => {
  const input = await benchModel('resnet50')
  const runtime = await againstOnnxRuntime(settings, input)
  const simplifier = await againstOnnxsim(settings, input)
  return {
    title: '(b) ResNet-50 against others, whole processes',
    head: ['', 'time', 'ratio', 'memory', 'ratio'],
    rows: [...runtime.rows, ...simplifier.rows],
    targets: [...runtime.targets, ...simplifier.targets],
    data: { runtime: runtime.data, onnxsim: simplifier.data },
  }
}
