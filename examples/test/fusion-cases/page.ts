import { readFileSync } from 'node:fs'
import { env } from 'onnxruntime-node'
import type { Outcome } from './fuse-case.js'
import type { FusionCase } from './fusion-case.js'

export type Measured = readonly [one: FusionCase, outcome: Outcome]

const columns = [
  'case',
  'what stands in the file',
  'fewest',
  'nnfuse',
  'difference',
  'ran by',
  'rules that applied; what is left, and why',
]
const differenceColumn = columns.indexOf('difference')

/** The reason that the case is about. */
const reasonOf = ([{ left }, outcome]: Measured): string[] =>
  [...outcome.left, ...outcome.declined].filter((reason) => left?.test(reason)).slice(0, 1)

const nodesOf = ([{ onRequest }, { nodes, nodesOnRequest }]: Measured): string =>
  onRequest === undefined ? `${nodes}` : `${nodes}, and ${nodesOnRequest} with \`foldOverridable\``

const cellsOf = (measured: Measured): string[] => {
  const [{ id, name }, { difference, ranBy, rules }] = measured
  const what = [...rules.map((rule) => `\`${rule}\``), ...reasonOf(measured)].join('; ')
  const exponent = difference === 0 ? '0' : difference.toExponential(0)
  return [id, name, `${fewestOf(measured)}`, nodesOf(measured), exponent, ranBy, what]
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const fewestOf = ([{ nodes, fewest = nodes }]: Measured): number => fewest

const isReached = (measured: Measured): boolean => measured[1].nodes <= fewestOf(measured)

/** Whether a case's outputs are what they were. */
export const isRight = ([{ tolerance }, { difference }]: Measured): boolean => difference <= tolerance

const { version } = JSON.parse(
  readFileSync(new URL('../../../packages/nnfuse/package.json', import.meta.url), 'utf8'),
)

const introduction = (all: readonly Measured[]): string => {
  const reached = all.filter((one) => isReached(one) && isRight(one)).length
  const wrong = all.filter((one) => !isRight(one)).length
  const more = all.filter((one) => !isReached(one)).map(([{ id }]) => id)
  return `# Fusion cases

${all.length} small ONNX models around one batch-norm, or one multiplication or addition for each channel: what exporters
write, what is easily taken for something else, and what must not be fused. nnfuse brings ${reached} of them down to the
fewest nodes and makes ${wrong} wrong. It leaves more nodes than there must be in: ${more.join(', ') || 'none'}.

On other files made for the same cases, onnxscript 0.7.2 (\`optimize\`) reached the fewest nodes in 74; onnxslim in 73, and
made 3 wrong; ONNX Runtime 1.30 (offline, extended) in 70, 2 wrong; onnxsim 0.7.3 (npm) in 70; ONNX Runtime 1.30 (offline,
basic) in 69, 2 wrong; onnxoptimizer with constant folding in 61.

* *fewest*: how many nodes a case can be left with, those in subgraphs included. ONNX has no fused operator for a
  convolution and its ReLU, so a Relu stays a node. Where a batch-norm must be left, these are all the nodes there are.
* *nnfuse*: how many nodes \`fuse(model)\` leaves, with its default plugins.
* *difference*: between the outputs before and after, the largest as a part of the largest element. Inputs are random,
  the same for both. At most 1e-5 is right in float32, 2e-3 in float16, 2e-2 in bfloat16, 1e-12 in float64: folded weights
  are rounded once to the dtype that they are stored in.
* *ran by*: ONNX Runtime without optimizations. It has no kernels for float64 and bfloat16 here, which nnfuse's own
  runtime computes; and what was written byte for byte as it was read need not be run.

Every file that comes out is fused again, which changes none of its bytes. Each case is a test:
[examples/test/fusion-cases.test.ts](../examples/test/fusion-cases.test.ts) with the models in
[examples/test/fusion-cases](../examples/test/fusion-cases). \`node scripts/fusion-cases.mjs\` prints this page anew, and
with \`--write\` writes it.

Measured on ${new Date().toISOString().slice(0, 10)} with nnfuse ${version} and onnxruntime-node ${env.versions.node}.
`
}

/** The page that shows what became of all cases. */
export const pageOf = (all: readonly Measured[]): string => {
  const rows = [columns, columns.map(() => '---'), ...all.map(cellsOf)]
  return `${introduction(all)}\n${rows.map(row).join('\n')}\n`
}

/** The rows of a page without the differences, which vary from machine to machine. */
export const outcomesIn = (page: string): string[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .filter((_, i) => i !== differenceColumn)
        .join(' | '),
    )
