import type { FusedFile, Size } from './fuse-file.js'
import type { Difference } from './run-both.js'

const element = (tag: string, ...content: (Node | string)[]): HTMLElement => {
  const made = document.createElement(tag)
  made.append(...content)
  return made
}

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement =>
  element(
    'table',
    element('tr', ...heads.map((head) => element('th', head))),
    ...rows.map((row) => element('tr', ...row.map((cell) => element('td', cell)))),
  )

const sizes = ({ before, after }: FusedFile): HTMLElement => {
  const names: readonly (readonly [keyof Size, string])[] = [
    ['layers', 'layers'],
    ['nodes', 'nodes in the file'],
    ['parameters', 'parameters'],
    ['bytes', 'bytes'],
  ]
  const rows = names.map(([key, name]) => [name, String(before[key]), String(after[key])])
  return table(['', 'before', 'after'], rows)
}

const fused = ({ report }: FusedFile): HTMLElement =>
  table(
    ['rule', 'layers', 'became'],
    report.applied.map(({ rule, paths, path, into }) => [rule, paths.join(', '), `${path} (${into})`]),
  )

const left = ({ report }: FusedFile): HTMLElement =>
  table(
    ['layer', 'kind', 'why it is still there'],
    report.left.map(({ path, kind, reasons }) => [path, kind, reasons.join('; ')]),
  )

const short = (number: number): string =>
  number > 0 && number < 1e-3 ? number.toExponential(1) : number.toPrecision(2)

const differences = (found: readonly Difference[] | string): HTMLElement => {
  if (typeof found === 'string') return element('p', found)
  return table(
    ['output', 'largest difference', 'largest value'],
    found.map(({ output, largest, largestValue }) => [output, short(largest), short(largestValue)]),
  )
}

const download = ({ bytes }: FusedFile, name: string): HTMLElement => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes]))
  link.download = name.replace(/(\.onnx)?$/, '.fused.onnx')
  link.append(`Save ${link.download}`)
  return element('p', link)
}

/** What happened to a file, and how far what it computes is from what it computed, or why nobody knows. */
export const showResult = (
  file: FusedFile,
  name: string,
  found: readonly Difference[] | string,
): HTMLElement =>
  element(
    'div',
    ...[element('h2', 'Size'), sizes(file), download(file, name)],
    ...[
      element('h2', 'Outputs, by onnxruntime-web'),
      typeof found === 'string' ? element('p', found) : differences(found),
    ],
    ...[element('h2', 'What was fused'), fused(file)],
    ...[element('h2', 'What is left'), left(file)],
  )
