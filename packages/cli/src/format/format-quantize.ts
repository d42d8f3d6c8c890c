import type { LayerOutcome } from '../quantize/chosen-layers.js'
import type { QuantizeFileResult } from '../quantize-file.js'
import { decibelsNote, formatDecibels } from './format-decibels.js'
import { formatChange, formatCount, plural } from './numbers.js'
import type { Paint } from './paint.js'
import { alignRows, indent, visible } from './table.js'

const floatRow = ({ path, kind, reason = '' }: LayerOutcome): string[] => [
  visible(path),
  kind,
  visible(reason),
]

/** Of more that stay for one reason, the ends are enough; --json has all. */
const mostNamed = 6

const floatRows = (floats: readonly LayerOutcome[]): string[][] => {
  const reasons = new Set(floats.map(({ reason }) => reason))
  return [...reasons].flatMap((reason = '') => {
    const alike = floats.filter((layer) => layer.reason === reason)
    if (alike.length <= mostNamed) return alike.map(floatRow)
    const [first, last] = [alike[0]?.path ?? '', alike.at(-1)?.path ?? '']
    return [[`${visible(first)} ... ${visible(last)}`, plural(alike.length, 'layer'), visible(reason)]]
  })
}

const scaleNote = ({ perChannel, opset }: QuantizeFileResult): string[] =>
  perChannel
    ? []
    : [`one scale a layer, since opset ${opset} has none for each channel; opset 13 would lose less`]

const bitsNote = ({ bits, blockSize, opset }: QuantizeFileResult): string[] =>
  bits === 8 || blockSize !== null
    ? []
    : [`they take a byte each, since opset ${opset} has no 4 bits; opset 21 would halve that, and lose less`]

const howQuantized = ({ method, batches, bits, blockSize }: QuantizeFileResult): string => {
  if (method === 'static') return `calibrated with ${plural(batches, 'batch', 'batches')}`
  if (method === 'dynamic') return 'dynamically'
  const blocks = blockSize === null ? '' : `, in blocks of ${blockSize}`
  return `weights only${bits === 8 ? '' : `, ${bits} bits${blocks}`}`
}

const layerLines = (result: QuantizeFileResult, paint: Paint): string[] => {
  const { layers } = result
  const floats = layers.filter(({ quantized }) => !quantized)
  const quantized = formatCount(layers.length - floats.length)
  const count = `${quantized} of ${plural(layers.length, 'layer')} quantized, ${howQuantized(result)}`
  return floats.length === 0
    ? [count]
    : [count, paint.title('still float'), ...indent(alignRows(floatRows(floats)))]
}

const sensitivityLines = ({ sensitivity }: QuantizeFileResult, paint: Paint): string[] => {
  if (sensitivity === undefined) return []
  const rows = sensitivity.map(({ path, decibels }) => [visible(path), formatDecibels(decibels)])
  const [head = '', ...lines] = alignRows([['layer quantized alone', 'outputs'], ...rows], ['left', 'right'])
  const first = visible(sensitivity[0]?.path ?? '')
  return [
    '',
    paint.title(head),
    ...lines,
    paint.faint(`the most sensitive come first; --skip ${first} leaves that one in float`),
  ]
}

const sizeLine = ({ before, after }: QuantizeFileResult): string =>
  `bytes: ${formatCount(before.bytes)} before, ${formatCount(after.bytes)} after, ${formatChange(before.bytes, after.bytes)}`

/** What quantizing a file did, for a person. */
export const formatQuantize = (result: QuantizeFileResult, paint: Paint): string => {
  const { input, opset, batches, decibels, output } = result
  const lines = [
    `${paint.title(visible(input))}  opset ${opset}`,
    '',
    ...layerLines(result, paint),
    ...[...scaleNote(result), ...bitsNote(result)].map(paint.faint),
    ...sensitivityLines(result, paint),
    '',
    sizeLine(result),
    ...(batches === 0
      ? []
      : [`outputs against the float model: ${formatDecibels(decibels)} (${decibelsNote})`]),
    '',
    `${paint.title('written')}  ${visible(output)}`,
    paint.faint(
      `nnfuse compare ${visible(input)} ${visible(output)} --data <folder> says what it loses and gains`,
    ),
  ]
  return `${lines.join('\n')}\n`
}
