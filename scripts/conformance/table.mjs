// Outcomes, added up.

/**
 * @typedef {import('./run-test.mjs').Outcome} Outcome
 * @typedef {{ name: string, group: string, operator: string, outcomes: Outcome[] }} Result of one test: as it is, and if it
 * has weights, with these as constants
 */

const count = (/** @type {unknown[]} */ list) => list.length

/** @type {Record<string, (outcomes: Outcome[]) => number>} */
const columns = {
  models: count,
  'byte-identical': (outcomes) => count(outcomes.filter(({ identical }) => identical)),
  'rule applied': (outcomes) => count(outcomes.filter(({ rules }) => rules.length > 0)),
  'files changed': (outcomes) => count(changed(outcomes)),
  'same bits': (outcomes) => withStatus(outcomes, 'exact'),
  'within tolerance': (outcomes) => withStatus(outcomes, 'equal'),
  'original cannot run': (outcomes) => withStatus(outcomes, 'cannot run'),
  'bound to its file': (outcomes) => withStatus(outcomes, 'bound to its file'),
  'not compared': (outcomes) => withStatus(outcomes, 'not compared'),
  failed: (outcomes) =>
    withStatus(outcomes, 'failed') + count(outcomes.filter(({ identical }) => !identical)),
}

/** @param {Outcome[]} outcomes */
const changed = (outcomes) =>
  outcomes.flatMap(({ fused, anew }) => [fused, anew]).filter(({ status }) => status !== 'same file')

/**
 * @param {Outcome[]} outcomes
 * @param {import('./run-test.mjs').Status} status
 */
const withStatus = (outcomes, status) =>
  count(changed(outcomes).filter((verdict) => verdict.status === status))

/** @param {readonly Result[]} results */
const figuresOf = (results) => {
  const outcomes = results.flatMap((result) => result.outcomes)
  return Object.fromEntries(Object.entries(columns).map(([name, figure]) => [name, figure(outcomes)]))
}

/**
 * The figures of each group of results, and of all together.
 *
 * @param {readonly Result[]} results
 * @param {'operator' | 'group'} key
 * @returns {[name: string, tests: number, figures: Record<string, number>][]}
 */
export const rowsBy = (results, key) => {
  const names = [...new Set(results.map((result) => result[key]))].sort()
  const groups = names.map(
    (name) => /** @type {const} */ ([name, results.filter((one) => one[key] === name)]),
  )
  return [...groups, /** @type {const} */ (['all', results])].map(([name, some]) => [
    name,
    some.length,
    figuresOf(some),
  ])
}

/**
 * @param {ReturnType<typeof rowsBy>} rows
 * @param {string} title of the first column
 */
export const tableOf = (rows, title) => {
  const head = [title, 'tests', ...Object.keys(columns)]
  const body = rows.map(([name, tests, figures]) => [name, tests, ...Object.values(figures)])
  return [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...body]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}
