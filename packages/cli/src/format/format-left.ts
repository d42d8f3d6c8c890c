import type { Leftover } from '@nnfuse/matcher'
import { plural } from './numbers.js'
import type { Paint } from './paint.js'
import { indent, visible, wrap } from './table.js'

const reasonWidth = 100

/** The layers that look foldable and are still there, each with its reasons. */
export const formatLeft = (left: readonly Leftover[], title: string, paint: Paint): string[] => {
  if (left.length === 0) return []
  const lines = left.flatMap(({ path, kind, reasons }) => [
    `${visible(path)}  ${paint.faint(kind)}`,
    ...indent(reasons.flatMap((reason) => wrap(visible(reason), reasonWidth))),
  ])
  return ['', paint.title(`${title} (${plural(left.length, 'layer')})`), ...indent(lines)]
}
