import type { LayerOutcome } from '../quantize/chosen-layers.js'
import type { QuantizeFileResult } from '../quantize-file.js'
import { formatDecibels } from './format-decibels.js'
import { formatChange, formatCount, plural } from './numbers.js'
import type { Paint } from './paint.js'
import { alignRows, indent, visible } from './table.js'

const floatRow = ({ path, kind, reason = '' }: LayerOutcome): string[] => [
  visible(path),
  kind,
  visible(reason),
]

const scaleNote = ({ perChannel, opset }: QuantizeFileResult): string[] =>
  perChannel
    ? []
    : [`one scale a layer, since opset ${opset} has none for each channel; opset 13 would lose less`]

const layerLines = ({ layers, batches }: QuantizeFileResult, paint: Paint): string[] => {
  const floats = layers.filter(({ quantized }) => !quantized)
  const how = batches === 0 ? 'weights only' : `calibrated with ${plural(batches, 'batch', 'batches')}`
  const count = `${formatCount(layers.length - floats.length)} of ${plural(layers.length, 'layer')} quantized, ${how}`
  return floats.length === 0
    ? [count]
    : [count, paint.title('still float'), ...indent(alignRows(floats.map(floatRow)))]
}

const sensitivityLines = ({ sensitivity }: QuantizeFileResult, paint: Paint): string[] => {
  if (sensitivity === undefined) return []
  const rows = sensitivity.map(({ path, decibels }) => [visible(path), formatDecibels(decibels)])
  const [head = '', ...lines] = alignRows([['quantized alone', 'outputs'], ...rows], ['left', 'right'])
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
    ...scaleNote(result).map(paint.faint),
    ...sensitivityLines(result, paint),
    '',
    sizeLine(result),
    ...(batches === 0 ? [] : [`outputs against the float model: ${formatDecibels(decibels)}`]),
    '',
    `${paint.title('written')}  ${visible(output)}`,
  ]
  return `${lines.join('\n')}\n`
}
