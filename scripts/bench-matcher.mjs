/*
 * How fast matching is, and how it grows: with the number of calls, with the number of rules, and with explanations.
 * Prints ratios of what was measured side by side in this run; the best of several runs of each.
 *
 *   node scripts/bench-matcher.mjs [largest number of calls, default 1000000]
 *
 * Needs a build (`npm run build`).
 */

import { convBnRules } from '../packages/fuser-conv-bn/dist/index.js'
import { BatchNorm2d, Conv2d, GraphModule, kind, manualSeed, ReLU, ReLU6 } from '../packages/ir/dist/index.js'
import { apply, explainer, plan, rule, takenBy } from '../packages/matcher/dist/index.js'

const nn = manualSeed(0)
const layers = [nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2), ReLU()]

/**
 * Convolution, batch-norm, ReLU, and so on: one chain, each layer a child of its own.
 *
 * @param {number} count
 */
const chain = (count) => {
  const children = new Map()
  const calls = []
  for (let i = 0; i < count; i += 1) {
    children.set(`layer${i}`, layers[i % layers.length])
    calls.push({ target: `layer${i}`, inputs: [`v${i}`], outputs: [`v${i + 1}`] })
  }
  return GraphModule(children, { inputs: ['v0'], calls, outputs: [`v${count}`], types: new Map() })
}

/**
 * @template T
 * @param {() => T} work
 * @returns {[milliseconds: number, result: T]}
 */
const timed = (work) => {
  const start = performance.now()
  const result = work()
  return [performance.now() - start, result]
}

/**
 * @template T
 * @param {number} runs
 * @param {() => T} work
 */
const best = (runs, work) => {
  let fastest = timed(work)
  for (let i = 1; i < runs; i += 1) {
    const run = timed(work)
    if (run[0] < fastest[0]) fastest = run
  }
  return fastest
}

/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`)
/** @param {string | number} value */
const column = (value, width = 12) => String(value).padStart(width)
/** @param {number} milliseconds */
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(3)} s`
/** @param {(string | number)[]} cells */
const row = (...cells) => print(cells.map((cell) => column(cell)).join(''))

/** @param {number} largest */
const growth = (largest) => {
  print('plan and apply, by number of calls (one million should be under 5 s and 3 GB)')
  row('calls', 'plan', 'apply', 'calls/s', 'resident')
  for (let count = 1000; count <= largest; count *= 10) {
    const graph = chain(count)
    const runs = count < 1e6 ? 5 : 2
    const [planning, planned] = best(runs, () => plan(graph, convBnRules))
    const [applying] = best(runs, () => apply(planned))
    const rate = Math.round(count / ((planning + applying) / 1000))
    const resident = `${Math.round(process.memoryUsage().rss / 1e6)} MB`
    row(count, seconds(planning), seconds(applying), rate, resident)
  }
}

/** @param {number} count */
const foreignRules = (count) =>
  Array.from({ length: count }, (_, i) => {
    const own = kind(`acme.Layer${i}`, { create: () => ({ attrs: {} }) })
    const first = i % 2 === 0 ? own : ReLU6
    return rule(`acme-${i}`, [first, Conv2d, BatchNorm2d], (layer) => layer)
  })

/** @param {number} calls */
const ruleCounts = (calls) => {
  print(`\nplanning ${calls} calls, by number of rules (1,000 should cost at most twice what 10 cost)`)
  row('rules', 'plan', 'ratio')
  const graph = chain(calls)
  let ten
  for (const count of [10, 100, 1000]) {
    const rules = [...convBnRules, ...foreignRules(count - Math.min(count, convBnRules.length))]
    const [time] = best(5, () => plan(graph, count === 10 ? convBnRules.slice(0, 10) : rules))
    ten ??= time
    row(count, seconds(time), (time / ten).toFixed(2))
  }
}

/**
 * @param {number} calls
 * @param {number} asked
 */
const explaining = (calls, asked) => {
  print(`\n${calls} calls, with and without explanations of ${asked} layers`)
  row('explain', 'time', 'ratio')
  const graph = chain(calls)
  const work = () => {
    const planned = plan(graph, convBnRules)
    return { planned, fused: apply(planned) }
  }
  const [off, { planned, fused }] = best(5, work)
  const history = {
    applied: planned.applications.map(takenBy),
    rounds: [planned.declines],
  }
  const [more] = best(5, () => {
    const explain = explainer(fused, convBnRules, history)
    for (let i = 0; i < asked; i += 1) explain(`layer${i}`)
  })
  row('off', seconds(off), '1.00')
  row('on', seconds(off + more), ((off + more) / off).toFixed(2))
}

growth(Number(process.argv[2] ?? 1e6))
ruleCounts(100_000)
explaining(100_000, 1000)
