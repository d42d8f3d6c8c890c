// npm run bench [-- --runs 7] [--json file] [--only a,b] [--quick]
//
// How long fusing takes and how much memory it needs, against copying the file and against others. Prints ratios of what
// was measured side by side in this run, beside what was aimed at; docs/performance.md says what they mean. Needs
// some 6 GB of disk for models and copies of them; --quick leaves the two large models out. Linux or macOS.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { againstCopy } from './bench/against-copy.mjs'
import { againstOthers } from './bench/against-others.mjs'
import { benchCommand } from './bench/command.mjs'
import { inMemory } from './bench/in-memory.mjs'
import { benchModels } from './bench/models.mjs'
import { stages } from './bench/stages.mjs'
import { startUp } from './bench/start-up.mjs'
import { formatSection } from './bench/table.mjs'
import { setUp } from './setup.mjs'
import { root } from './workspace.mjs'

/** @import { Section } from './bench/table.mjs' */
/** @typedef {{ runs: number, command: string, folder: string, models: string[] }} Settings */

/** @type {Record<string, (settings: Settings) => Promise<Section | Section[]>>} */
const comparisons = {
  'start-up': startUp,
  copy: againstCopy,
  others: againstOthers,
  memory: inMemory,
  stages,
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    json: { type: 'string' },
    only: { type: 'string', default: Object.keys(comparisons).join(',') },
    quick: { type: 'boolean', default: false },
  },
})

/** @param {string} message @returns {never} */
const refuse = (message) => {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

const runs = Number(values.runs)
if (!(Number.isInteger(runs) && runs > 0)) refuse(`--runs is a whole number above 0, not ${values.runs}`)
const only = values.only.split(',')
const unknown = only.filter((name) => !(name in comparisons))
if (unknown.length > 0)
  refuse(`There is no ${unknown.join(', ')}, only ${Object.keys(comparisons).join(', ')}`)

setUp()
const folder = join(root, '.cache/bench/out')
mkdirSync(folder, { recursive: true })
const models = Object.keys(benchModels).filter((key) => !values.quick || ['small', 'resnet50'].includes(key))
const settings = { runs, command: await benchCommand(), folder, models }
const machine = `${cpus().length} x ${cpus()[0]?.model ?? arch()}, ${Math.round(totalmem() / 1e9)} GB, ${platform()}, Node ${process.version}`
const date = new Date().toISOString().slice(0, 10)
process.stdout.write(`${date}, ${machine}, medians of ${runs}\n`)

/** @type {Section[]} */
const sections = []
for (const name of only) {
  for (const section of [await comparisons[name]?.(settings)].flat()) {
    if (section === undefined) continue
    sections.push(section)
    process.stdout.write(`\n${formatSection(section)}`)
  }
}
rmSync(folder, { recursive: true, force: true })
if (values.json) writeFileSync(values.json, `${JSON.stringify({ date, machine, runs, sections }, null, 2)}\n`)
