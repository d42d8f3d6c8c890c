import type { LayerNoise } from '../compare/layer-noise.js'
import type { CompareFilesResult } from '../compare-files.js'
import { formatAccuracy } from './format-check.js'
import { decibelsNote, formatDecibels } from './format-decibels.js'
import { formatChange, formatCount, formatTime, plural } from './numbers.js'
import type { Paint } from './paint.js'
import { alignRows, visible } from './table.js'

/** More noise than signal is all the same. */
const percent = (part: number): string => (part > 1 ? '> 100 %' : `${(100 * part).toFixed(2)} %`)

const layerRow = ({ path, kind, decibels, added }: LayerNoise): string[] => [
  visible(path),
  kind,
  formatDecibels(decibels),
  percent(added),
]

const layerLines = ({ layers, batches }: CompareFilesResult, paint: Paint): string[] => {
  if (layers.length === 0)
    return [paint.warn('the models share no value by name, so no layers were compared')]
  const [head = '', ...rows] = alignRows(
    [['layer', '', 'signal to noise', 'noise added'], ...layers.map(layerRow)],
    ['left', 'left', 'right', 'right'],
  )
  return [
    paint.title(head),
    ...rows,
    paint.faint(`on ${plural(batches, 'batch', 'batches')}; ${decibelsNote}`),
    paint.faint(
      'noise added is what the layer adds to that of its inputs, in parts of the power of its signal',
    ),
  ]
}

/** Layers that add more than a hundredth of their signal's power. */
const notable = 0.01
const mostNamed = 3

const adviceLines = ({ layers }: CompareFilesResult): string[] => {
  const worst = [...layers].filter(({ added }) => added > notable).sort((a, b) => b.added - a.added)
  if (worst.length === 0) return []
  const names = worst.slice(0, mostNamed).map(({ path }) => visible(path))
  return [
    '',
    `most noise is added at ${names.join(', ')};`,
    'nnfuse quantize --sensitivity tells which layers to leave in float',
  ]
}

const sizeLines = ({ sizes: { a, b } }: CompareFilesResult, paint: Paint): string[] => {
  const rows = (['nodes', 'bytes'] as const).map((what) => [
    what,
    formatCount(a[what]),
    formatCount(b[what]),
    formatChange(a[what], b[what]),
  ])
  const [head = '', ...lines] = alignRows(
    [['size', 'first', 'second', 'change'], ...rows],
    ['left', 'right', 'right'],
  )
  return [paint.title(head), ...lines]
}

const latencyLines = ({ latency }: CompareFilesResult): string[] =>
  (latency?.rows ?? []).map(
    ({ runs, before, after }) =>
      `latency: ${formatTime(before.run)} the first, ${formatTime(after.run)} the second ` +
      `(median of ${plural(runs, 'run')}, as measured here)`,
  )

/** How two files compare, for a person. */
export const formatCompare = (result: CompareFilesResult, paint: Paint): string => {
  const { a, b, accuracy } = result
  const lines = [
    `${paint.title(visible(a))}  and  ${paint.title(visible(b))}`,
    '',
    ...layerLines(result, paint),
    ...adviceLines(result),
    '',
    ...sizeLines(result, paint),
    '',
    accuracy
      ? formatAccuracy(accuracy, ['the first', 'the second'])
      : paint.faint('accuracy: the data has no labels.npy, or is not in inputs.npy'),
    ...latencyLines(result),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}
