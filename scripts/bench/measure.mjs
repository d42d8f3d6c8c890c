/*
 * Measuring, side by side: contestants take turns (A B C A B C ...), so that whatever else the machine does hits all of
 * them, and medians are compared.
 */

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @typedef {{ seconds: number, megabytes?: number }} Run */
/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {() => Run | Promise<Run>} run
 */
/** @typedef {{ seconds: number, megabytes: number | undefined }} Result medians */
/**
 * @typedef {object} Process
 * @property {string} command
 * @property {string[]} args
 * @property {string[]} [removes] what it writes
 * @property {number} [touches] megabytes of memory to have at hand; 256 unless told
 */

const memoryHook = new URL('memory-hook.mjs', import.meta.url).href
const touchMemory = fileURLToPath(new URL('touch-memory.mjs', import.meta.url))

/** @param {number[]} values */
const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = /** @type {number} */ (sorted[middle])
  return sorted.length % 2 === 1 ? upper : (upper + /** @type {number} */ (sorted[middle - 1])) / 2
}

/** @param {Run[]} runs @returns {Result} */
const medians = (runs) => {
  const memory = runs.flatMap(({ megabytes }) => (megabytes === undefined ? [] : [megabytes]))
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    megabytes: memory.length > 0 ? median(memory) : undefined,
  }
}

/**
 * Medians of contestants that take turns, by name.
 *
 * @param {number} runs
 * @param {Contestant[]} contestants
 */
export const compare = async (runs, contestants) => {
  /** @type {Map<string, Run[]>} */
  const done = new Map(contestants.map(({ name }) => [name, []]))
  for (let i = 0; i < runs; i += 1) {
    for (const { name, run } of contestants) done.get(name)?.push(await run())
  }
  return (/** @type {string} */ name) => medians(/** @type {Run[]} */ (done.get(name)))
}

/**
 * Time of a whole process, from starting it to its end; of one of Node also the largest memory it held. What it writes
 * is removed before, which is not timed: replacing a large file takes longer than writing a new one. Memory is touched
 * before, which is not timed either.
 *
 * @param {Process} process
 * @returns {Run}
 */
const runProcess = ({ command, args, removes = [], touches = 256 }) => {
  for (const path of removes) rmSync(path, { force: true })
  spawnSync(process.execPath, [touchMemory, String(touches)], { stdio: 'ignore' })
  const start = performance.now()
  const { status, error, output } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const seconds = (performance.now() - start) / 1000
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${output?.[2]}`, { cause: error })
  }
  const bytes = Number(output[3])
  return bytes > 0 ? { seconds, megabytes: bytes / 1e6 } : { seconds }
}

/** @param {string} name @param {Process} process @returns {Contestant} */
export const processContestant = (name, process) => ({ name, run: () => runProcess(process) })

/**
 * A process of this Node that reports its memory.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {Omit<Process, 'command' | 'args'>} [more]
 */
export const nodeContestant = (name, args, more = {}) =>
  processContestant(name, { command: process.execPath, args: ['--import', memoryHook, ...args], ...more })

/**
 * Something in this process, once without being timed.
 *
 * @param {string} name
 * @param {() => unknown} work
 * @returns {Promise<Contestant>}
 */
export const warmContestant = async (name, work) => {
  await work()
  const run = async () => {
    const start = performance.now()
    await work()
    return { seconds: (performance.now() - start) / 1000 }
  }
  return { name, run }
}
