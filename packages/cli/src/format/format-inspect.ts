import type { InspectedValue, InspectResult } from '../inspect-file.js'
import { layerTree, type TreeLine } from './layer-tree.js'
import { formatCount, plural } from './numbers.js'
import type { Paint } from './paint.js'
import { alignRows, indent, shorten, visible } from './table.js'

/** Names and arguments wider than this would push the columns off the screen. */
const widest = { name: 44, arguments: 46, output: 40 }

const outputOf = ({ layer }: TreeLine): string => {
  const [first, ...others] = layer?.outputs ?? []
  if (first === undefined) return ''
  return others.length === 0 ? first.type : `${first.type} and ${others.length} more`
}

const callsOf = ({ layer }: TreeLine): string =>
  layer !== undefined && layer.calls > 1 ? `called ${layer.calls} times` : ''

const rowOf = (line: TreeLine): string[] => [
  `${'  '.repeat(line.depth)}${shorten(visible(line.name), widest.name)}`,
  line.layer?.kind ?? '',
  shorten(visible(line.layer?.arguments ?? ''), widest.arguments),
  shorten(visible(outputOf(line)), widest.output),
  line.parameters === 0 ? '' : formatCount(line.parameters),
  callsOf(line),
]

const valueLines = (title: string, values: readonly InspectedValue[]): string[] =>
  values.map(
    ({ name, type }, i) =>
      `${i === 0 ? title : ' '.repeat(title.length)}  ${visible(name)}  ${visible(type)}`,
  )

const layerLines = ({ layers }: InspectResult, paint: Paint): string[] => {
  const lines = layerTree(layers)
  const head = ['layer', 'kind', 'arguments', 'output', 'parameters']
  const aligns = ['left', 'left', 'left', 'left', 'right'] as const
  const [first = '', ...rest] = alignRows([head, ...lines.map(rowOf)], aligns)
  return [
    paint.title(first),
    ...rest.map((line, i) => (lines[i]?.layer === undefined ? paint.faint(line) : line)),
  ]
}

const noteLines = ({ notes }: InspectResult, paint: Paint): string[] => {
  if (notes.length === 0) return []
  const lines = notes.flatMap(({ path, what, reason }) => [
    `${visible(path)}  ${paint.faint(what)}`,
    ...indent([visible(reason)]),
  ])
  return ['', paint.title('kept as they are in the file'), ...indent(lines)]
}

/** What is in a file, for a person: the tree of its layers, and totals. */
export const formatInspect = (result: InspectResult, paint: Paint): string => {
  const { path, opset, counts, inputs, outputs, layers } = result
  const totals = [
    plural(layers.length, 'layer'),
    plural(counts.nodes, 'node'),
    plural(counts.parameters, 'parameter'),
    `${formatCount(counts.bytes)} bytes`,
  ]
  const lines = [
    `${paint.title(visible(path))}  opset ${opset}`,
    ...valueLines('input ', inputs),
    ...valueLines('output', outputs),
    '',
    ...layerLines(result, paint),
    '',
    totals.join(', '),
    ...noteLines(result, paint),
  ]
  return `${lines.join('\n')}\n`
}
