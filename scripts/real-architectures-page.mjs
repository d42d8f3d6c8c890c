// The page docs/real-architectures.md, made of what was measured.

/**
 * @typedef {Record<string, number>} Ops how often each operator stands in a file
 * @typedef {{ ops: Ops, bytes: number }} File
 * @typedef {{ status: string, reason?: string, batch: number, relative: number }} Check
 * @typedef {{ path: string, kind: string, reasons: string[] }} Left
 * @typedef {{ read: number, fuse: number, write: number }} Seconds
 * @typedef {{ failed?: string, ops: Ops, functions: number, others: Record<string, { failed?: string, ops: Ops }> }} Exported
 * @typedef {{ failed?: string, before: File, after: File, seconds: Seconds, peak: number, left: Left[], checks: Check[] }} Measured
 * @typedef {{ name: string, exporter: string, exported: Exported, measured: Measured }} Row
 */

/** A Constant holds a number and computes nothing; other tools make it an initializer. */
const holdsNumbers = 'Constant'

/** They look at shapes, give another one, or take values apart and put them together: no value is computed. */
const movesOnly = new Set([
  ...[
    'Shape',
    'Size',
    'ConstantOfShape',
    'Range',
    'Cast',
    'CastLike',
    'Identity',
    'Expand',
    'Where',
    'Equal',
  ],
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Slice', 'Gather', 'Concat', 'Split'],
  ...['SplitToSequence', 'SequenceAt', 'SequenceConstruct', 'ConcatFromSequence', 'GatherND', 'ScatterND'],
])

/** @param {Ops} ops */
const nodesIn = (ops) =>
  Object.entries(ops).reduce((sum, [op, count]) => sum + (op === holdsNumbers ? 0 : count), 0)

/** @param {Ops} ops */
const computingIn = (ops) =>
  nodesIn(Object.fromEntries(Object.entries(ops).filter(([op]) => !movesOnly.has(op))))

/** @param {Ops} ops */
const normsIn = ({ BatchNormalization: count = 0 }) => count

/** @param {Measured} measured */
export const normsLeft = ({ after }) => normsIn(after.ops)

/**
 * As a part of the largest output; NaN where there was nothing to compare.
 *
 * @param {Measured} measured
 */
export const largestDifference = ({ checks }) =>
  Array.isArray(checks) && checks.every(({ status }) => status === 'passed')
    ? Math.max(...checks.map(({ relative }) => relative))
    : Number.NaN

/** @param {Measured} measured */
const secondsOf = ({ seconds: { read, fuse, write } }) => read + fuse + write

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(1)

/** @param {Measured} measured */
const differenceOf = (measured) => {
  const largest = largestDifference(measured)
  if (!Number.isNaN(largest)) return largest === 0 ? '0' : largest.toExponential(1)
  return Array.isArray(measured.checks)
    ? measured.checks.map(({ status, reason }) => `${status} ${reason ?? ''}`).join('; ')
    : 'not compared'
}

/**
 * @param {Measured} measured
 * @returns {(string | number)[]}
 */
const cellsOf = (measured) => {
  const { before, after, peak } = measured
  return [
    nodesIn(before.ops),
    nodesIn(after.ops),
    normsIn(before.ops),
    normsIn(after.ops),
    differenceOf(measured),
    megabytes(before.bytes),
    megabytes(after.bytes),
    secondsOf(measured).toFixed(1),
    (peak / 1e6).toFixed(0),
  ]
}

/** @param {Row} row */
export const formatRow = ({ name, exporter, exported, measured }) => {
  const failed = exported.failed ?? measured.failed
  return [name, exporter, ...(failed ? [failed] : cellsOf(measured))].join('  ')
}

/** @param {(string | number)[]} cells */
const line = (cells) => `| ${cells.join(' | ')} |`

/** Columns of words; the others are of numbers. */
const texts = new Set(['architecture', 'exporter', 'why', 'behind in'])

/**
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
const table = (head, rows) =>
  [line(head), line(head.map((title) => (texts.has(title) ? '---' : '---:'))), ...rows.map(line)].join('\n')

/** @param {Row} row */
const isMeasured = ({ exported, measured }) => !exported.failed && measured !== undefined && !measured.failed

/** @typedef {readonly [key: string, title: string]} Other */

/** @type {readonly Other[]} */
const others = [
  ['onnxscript', 'onnxscript'],
  ['ort-basic', 'ONNX Runtime, basic'],
  ['ort-extended', 'ONNX Runtime, extended'],
  ['onnxsim', 'onnxsim'],
  ['onnxslim', 'OnnxSlim'],
  ['onnxoptimizer', 'onnxoptimizer, folded'],
]

/** @param {string} failed */
const isTimeout = (failed) => failed.includes('not done after')

/** @param {{ failed?: string, ops: Ops } | undefined} other */
const countsOf = (other) => {
  if (other === undefined) return ''
  if (other.failed) return isTimeout(other.failed) ? other.failed.replace(/^\w+: /, '') : 'error'
  const norms = normsIn(other.ops)
  return `${computingIn(other.ops)} / ${nodesIn(other.ops)}${norms > 0 ? `, ${norms} bn` : ''}`
}

/**
 * How often which optimizer ended with which error.
 *
 * @param {Row[]} rows
 */
const errorsIn = (rows) => {
  const messages = rows.flatMap(({ exported }) =>
    others.flatMap(([key, title]) => {
      const { failed } = exported.others[key] ?? {}
      return failed && !isTimeout(failed) ? [`${title}: \`${failed}\``] : []
    }),
  )
  const lines = [...countEach(messages)].map(
    ([message, count]) => `* ${message}, ${count} of ${rows.length} files`,
  )
  return lines.join('\n')
}

/** What others do better with operators that any runtime has. */
const portable = ['onnxscript', 'ort-basic', 'onnxsim', 'onnxslim', 'onnxoptimizer']

/**
 * The operators of which we leave more than the one with the fewest nodes does; nothing where that is us.
 *
 * @param {Row} row
 */
const beatenBy = ({ exported, measured }) => {
  const ours = nodesIn(measured.after.ops)
  const better = portable.flatMap((key) => {
    const { ops } = exported.others[key] ?? {}
    return ops && nodesIn(ops) < ours ? [{ key, ops }] : []
  })
  const [best] = better.sort((a, b) => nodesIn(a.ops) - nodesIn(b.ops))
  if (best === undefined) return ''
  const differing = new Set([...Object.keys(best.ops), ...Object.keys(measured.after.ops)])
  return [...differing]
    .filter((op) => op !== holdsNumbers)
    .map((op) => ({ op, more: (measured.after.ops[op] ?? 0) - (best.ops[op] ?? 0) }))
    .filter(({ more }) => more !== 0)
    .map(({ op, more }) => `${op} ${more > 0 ? '+' : ''}${more}`)
    .join(', ')
}

/** @param {string[]} texts */
const countEach = (texts) => {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** Layer names give way to their kinds, so that equal reasons look equal. */
const wordings = /** @type {const} */ ([
  [/\S+ \((\w[\w.]*)\)/g, '$1'],
  [/the output of \S+ is also used by \S+/, 'what is before it is also used elsewhere'],
  [/it comes from "[^"]*", an input of the model/, 'it comes from an input of the model'],
  [/"[^"]*" is an output of the model/, 'it is an output of the model'],
])

/** @param {string} reason */
const withoutPaths = (reason) =>
  wordings.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), reason)

/** @param {string[]} reasons */
const inShort = (reasons) => [...new Set(reasons.map(withoutPaths))].join('; ')

/** @param {Row} row */
const leftRows = ({ name, exporter, measured }) => {
  const norms = measured.left.filter(({ kind }) => /BatchNorm/.test(kind))
  return [...countEach(norms.map(({ reasons }) => inShort(reasons)))].map(([reasons, count]) => [
    name,
    exporter,
    count,
    reasons,
  ])
}

const measuredHead = [
  ...['architecture', 'exporter', 'nodes', 'after', 'batch-norms', 'left', 'difference'],
  ...['MB', 'after', 'seconds', 'peak MB'],
]

/** @param {Row[]} rows */
const totals = (rows) => {
  /** @param {(row: Row) => number} of */
  const sum = (of) => rows.reduce((total, row) => total + of(row), 0)
  return {
    architectures: new Set(rows.map(({ name }) => name)).size,
    norms: sum(({ measured }) => normsIn(measured.before.ops)),
    left: sum(({ measured }) => normsLeft(measured)),
    worst: Math.max(...rows.map(({ measured }) => largestDifference(measured) || 0)),
    slowest: Math.max(...rows.map(({ measured }) => secondsOf(measured))),
    first: rows.filter((row) => beatenBy(row) === '').length,
  }
}

/** @param {Row} row */
const cells = (row) => [row.name, row.exporter, ...cellsOf(row.measured)]

/** @param {Row} row */
const comparedCells = (row) => [
  row.name,
  row.exporter,
  countsOf(row.exported),
  countsOf(row.measured.after),
  ...others.map(([key]) => countsOf(row.exported.others[key])),
  beatenBy(row),
]

/**
 * @param {Row[]} rows
 * @param {Record<string, string>} versions of Python's packages
 */
const introduction = (rows, versions) => {
  const { architectures, norms, left, worst, slowest } = totals(rows)
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `# Real architectures

<!-- Written by \`node scripts/real-architectures.mjs --write\`, from what scripts/python/real_architectures.py exports. -->

${architectures} architectures, those of timm and a few that it has not, with random weights and statistics, exported by
PyTorch's TorchScript exporter (opset 17, \`do_constant_folding=False\`) and by the dynamo exporter (opset 20,
\`optimize=False\`): ${rows.length} files. Of ${norms} batch-norms ${left} are left, each with its reason below. The outputs
differ by at most ${worst.toExponential(1)} of the largest. The slowest file takes ${slowest.toFixed(1)} s.

Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.version},
${packages.join(', ')} (npm), on a shared machine with two cores:
seconds are no benchmark.

## What nnfuse does

Nodes are those of the file and of graphs inside nodes, without \`Constant\`, which computes nothing. The difference is
the largest of any output, as a part of the output's largest value, over random batches of 2 and of 1 in ONNX Runtime
without optimizations. Seconds are for reading, fusing and writing; the peak is that of the process.
`
}

const leftIntroduction = `
## Batch-norms that are left

What is said twice is said of both ways: back to the layer before, and forward to those behind. A batch-norm goes back
where a layer that only it uses can take it up, and forward where every layer behind it can. Most of these stand before
the activation, as in DenseNet, DPN and ResNet V2, where the value before them is used elsewhere, too. Those of ConvMixer
stand behind an activation and go to a convolution that pads with zeros, or to an addition. The \`onnx.Op\` of DPN is a \`Slice\`,
and what is joined with it is used elsewhere. Those of NFNet standardize weights, and are computed ahead with them.
`

/** @param {number} first @param {number} count */
const comparedIntroduction = (first, count) => `
## Others on the same files

\`computing / all\`: nodes that compute values, and all nodes. What only moves values or asks for shapes (\`Reshape\`,
\`Shape\`, \`Expand\`, \`Cast\`, \`Concat\` and so on) is counted in the second. Batch-norms that stay are counted behind it.
\`extended\` uses operators that only ONNX Runtime has, such as a convolution with its activation in one; the others stay
within ONNX. onnxoptimizer counts on constants being folded, which it does not do: onnxscript's folding runs behind it, and
then it again. The last column is where one of those within ONNX has fewer nodes in all: of which operators we leave how
many more. In ${first} of ${count} files nobody has.

What is computed ahead is float arithmetic too, where \`exact\` allows it: the weights of \`nfnet_l0\` are standardized
by means and variances that we add in double precision and round once, and a runtime adds in an order of its own. With
\`--exact bits\` these nodes stay.
`

/**
 * The page of what was measured.
 *
 * @param {Row[]} all
 * @param {Record<string, string>} versions of Python's packages
 */
export const formatPage = (all, versions) => {
  const rows = all.filter(isMeasured)
  const { first } = totals(rows)
  const failed = all
    .filter((row) => !isMeasured(row))
    .map(({ name, exporter, exported, measured }) => [
      name,
      exporter,
      exported.failed ?? measured?.failed ?? '',
    ])
  const compared = [
    'architecture',
    'exporter',
    'file',
    'nnfuse',
    ...others.map(([, title]) => title),
    'behind in',
  ]
  return [
    introduction(rows, versions),
    table(measuredHead, rows.map(cells)),
    leftIntroduction,
    table(['architecture', 'exporter', 'how many', 'why'], rows.flatMap(leftRows)),
    comparedIntroduction(first, rows.length),
    table(compared, rows.map(comparedCells)),
    `\nErrors:\n\n${errorsIn(rows)}`,
    '\n## What could not be exported or measured\n',
    table(['architecture', 'exporter', 'why'], failed),
    '',
  ].join('\n')
}
