// node scripts/real-architectures.mjs [NAME...]            fuses the files of scripts/python/real_architectures.py
// node scripts/real-architectures.mjs [NAME...] --write    writes docs/real-architectures.md of all that was measured
// node scripts/real-architectures.mjs --write --measured   the same of what was measured before
//
// Reads each file as a library does, fuses it, writes it, and runs both in ONNX Runtime without optimizations. Results
// are kept beside the files, in .cache/real-architectures. `nice` it: an hour for all. Needs a build (`npm run build`),
// and for the files Python with torch and timm; no test does.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatPage, formatRow, largestDifference, normsLeft } from './real-architectures-page.mjs'
import { readJson, root } from './workspace.mjs'

const folder = join(root, '.cache/real-architectures')
const exporters = ['torchscript', 'dynamo']
const minutes = 10

/** @param {string} name */
const exportedPath = (name) => join(folder, `${name}.json`)
/** @param {string} name */
const measuredPath = (name) => join(folder, `${name}.measured.json`)

/**
 * One step in a process of its own: what it found, or how it failed.
 *
 * @param {string[]} args
 */
const step = (...args) => {
  const script = join(root, 'scripts/real-architectures-measure.mjs')
  const options = { encoding: /** @type {const} */ ('utf8'), timeout: minutes * 60_000, maxBuffer: 2 ** 28 }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], options)
  if (status === 0) return JSON.parse(stdout)
  const message = stderr.split('\n').find((line) => line.includes('Error'))
  return { failed: message?.trim() ?? `not done after ${minutes} minutes` }
}

/**
 * @param {string} name
 * @param {string} exporter
 */
const measureFile = (name, exporter) => {
  const before = join(folder, `${name}.${exporter}.onnx`)
  const after = join(folder, `${name}.${exporter}.fused.onnx`)
  try {
    const fused = step('fuse', before, after)
    return fused.failed ? fused : { ...fused, checks: step('compare', before, after) }
  } finally {
    rmSync(after, { force: true })
  }
}

/**
 * @param {string} name
 * @returns {import('./real-architectures-page.mjs').Row[]}
 */
const rowsOf = (name) => {
  const exported = readJson(exportedPath(name))
  const measured = existsSync(measuredPath(name)) ? readJson(measuredPath(name)) : {}
  return exporters.map((exporter) => ({
    name,
    exporter,
    exported: exported[exporter],
    measured: measured[exporter],
  }))
}

/** @param {string} name */
const measure = (name) => {
  const exported = readJson(exportedPath(name))
  const wanted = exporters.filter((exporter) => !exported[exporter].failed)
  const results = Object.fromEntries(wanted.map((exporter) => [exporter, measureFile(name, exporter)]))
  writeFileSync(measuredPath(name), JSON.stringify(results))
  for (const row of rowsOf(name)) process.stdout.write(`${formatRow(row)}\n`)
}

/** @param {import('./real-architectures-page.mjs').Row} row */
const isWrong = ({ exported, measured }) =>
  !exported.failed && (measured?.failed || normsLeft(measured) > 0 || !(largestDifference(measured) < 1e-4))

const flags = ['--write', '--measured']
const given = process.argv.slice(2).filter((argument) => !flags.includes(argument))
const known = readdirSync(folder).flatMap((file) => /^([^.]+)\.json$/.exec(file)?.[1] ?? [])

if (!process.argv.includes('--measured')) for (const name of given.length > 0 ? given : known) measure(name)
const rows = known.filter((name) => existsSync(measuredPath(name))).flatMap(rowsOf)
process.stdout.write(
  `\nto look at: ${rows
    .filter(isWrong)
    .map(({ name, exporter }) => `${name}.${exporter}`)
    .join(' ')}\n`,
)
if (process.argv.includes('--write')) {
  const { versions } = readJson(exportedPath(known[0] ?? ''))
  writeFileSync(join(root, 'docs/real-architectures.md'), formatPage(rows, versions))
}
