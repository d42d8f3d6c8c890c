/* (a) The whole command against `cp` of the same file, and (e) how its time grows with the size. */

import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compare, nodeContestant, processContestant } from './measure.mjs'
import { benchModel, benchModels } from './models.mjs'
import { megabytes, milliseconds, times } from './table.mjs'

/** @import { Result } from './measure.mjs' */
/** @import { Measured, Section } from './table.mjs' */
/** @import { Settings } from '../bench.mjs' */
/** @typedef {{ key: string, size: number } & Record<'node' | 'cp' | 'synced' | 'byNode' | 'fuse', Result>} Row */

const copyWithNode = fileURLToPath(new URL('copy-with-node.mjs', import.meta.url))

/** `sh` with arguments of its own: the files of a model, then those of its copy. */
const copyScript = (/** @type {number} */ files, /** @type {boolean} */ sync) =>
  Array.from({ length: files }, (_, i) => {
    const [from, to] = [`"$${i + 1}"`, `"$${i + 1 + files}"`]
    return `cp ${from} ${to}${sync ? ` && sync ${to}` : ''}`
  }).join(' && ')

/**
 * @param {Settings} settings
 * @param {string} key
 * @returns {Promise<Row>}
 */
const row = async ({ runs, command, folder }, key) => {
  const input = await benchModel(key)
  const suffixes = existsSync(`${input}.data`) ? ['', '.data'] : ['']
  const sources = suffixes.map((suffix) => input + suffix)
  spawnSync('cat', sources, { stdio: 'ignore' }) // into the page cache
  const copies = suffixes.map((suffix) => `${folder}/copy.onnx${suffix}`)
  const fused = suffixes.map((suffix) => `${folder}/fused.onnx${suffix}`)
  const size = sources.reduce((sum, path) => sum + statSync(path).size, 0) / 1e6
  const more = { removes: [...copies, ...fused], touches: Math.ceil(1.5 * size) + 256 }
  const copy = (/** @type {string} */ name, /** @type {boolean} */ sync) =>
    processContestant(name, {
      command: 'sh',
      args: ['-c', copyScript(suffixes.length, sync), 'sh', ...sources, ...copies],
      ...more,
    })
  const result = await compare(runs, [
    nodeContestant('node', ['-e', '0']),
    copy('cp', false),
    copy('synced', true),
    nodeContestant(
      'byNode',
      [copyWithNode, ...sources.flatMap((source, i) => [source, /** @type {string} */ (copies[i])])],
      more,
    ),
    nodeContestant(
      'fuse',
      [command, 'fuse', input, '-o', `${folder}/fused.onnx`, '--no-verify', '-q', '--no-config'],
      more,
    ),
  ])
  for (const path of [...copies, ...fused]) rmSync(path, { force: true })
  const [node, cp, synced, byNode, fuse] = ['node', 'cp', 'synced', 'byNode', 'fuse'].map(result)
  return /** @type {Row} */ ({ key, size, node, cp, synced, byNode, fuse })
}

/** @param {Row} row @returns {Measured[]} */
const targetsOf = ({ key, node, cp, fuse }) => {
  const memory = fuse.megabytes ?? Number.NaN
  if (key === 'resnet50') {
    const value = (fuse.seconds - node.seconds) / cp.seconds
    return [
      { what: 'ResNet-50, less Node itself, against cp', value, target: 1.6 },
      { what: 'ResNet-50, memory', value: memory, target: 110, unit: ' MB' },
    ]
  }
  if (key !== 'huge') return []
  return [
    { what: 'external data against cp', value: fuse.seconds / cp.seconds, target: 1.3 },
    { what: 'external data, memory', value: memory, target: 150, unit: ' MB' },
  ]
}

/** @param {Row} row */
const cells = ({ key, size, node, cp, synced, byNode, fuse }) => [
  benchModels[key]?.name ?? key,
  megabytes(size),
  milliseconds(cp.seconds),
  milliseconds(synced.seconds),
  milliseconds(byNode.seconds),
  milliseconds(fuse.seconds),
  times(fuse.seconds / cp.seconds),
  times((fuse.seconds - node.seconds) / cp.seconds),
  times((fuse.seconds - node.seconds) / synced.seconds),
  times(fuse.seconds / byNode.seconds),
  megabytes(fuse.megabytes),
]

/** Time above that of Node itself for each megabyte: where it does not fall, the command does more than it need. */
const growth = (/** @type {Row[]} */ rows) => ({
  title: '(e) Growth: time of the command, less Node itself, for each megabyte of the model',
  head: ['', 'size', 'time', 'per MB'],
  rows: rows.map(({ key, size, node, fuse }) => {
    const seconds = fuse.seconds - node.seconds
    return [
      benchModels[key]?.name ?? key,
      megabytes(size),
      milliseconds(seconds),
      milliseconds(seconds / size),
    ]
  }),
  targets: [],
  data: rows.map(({ key, size, node, fuse }) => ({ key, size, seconds: fuse.seconds - node.seconds })),
})

/** @param {Settings} settings @returns {Promise<Section[]>} */
export const againstCopy = async (settings) => {
  /** @type {Row[]} */
  const rows = []
  for (const key of settings.models) {
    rows.push(await row(settings, key))
  }
  const copies = {
    title:
      '(a) nnfuse fuse --no-verify against cp, and a copy by Node, which waits for the disk as fuse does',
    head: [
      '',
      'size',
      'cp',
      'cp, sync',
      'Node',
      'fuse',
      '/ cp',
      'less node',
      '/ cp, sync',
      '/ Node',
      'memory',
    ],
    rows: rows.map(cells),
    targets: rows.flatMap(targetsOf),
    data: rows,
  }
  return [copies, growth(rows)]
}
