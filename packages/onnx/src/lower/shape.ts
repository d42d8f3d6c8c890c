import { type ReshapeSize, rankOf, typeOps } from '@nnfuse/ir'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit } from './emit.js'
import { reshape } from './reshaping.js'
import { scalar } from './scalars.js'

/** Sizes for Reshape; axes behind the merged ones must be known. */
const reshapeSizes = (emit: Emit, x: DraftValue, startAxis: number, endAxis: number): ReshapeSize[] => {
  const { shape } = x.type
  if (endAxis === -1 && startAxis >= 0) return [...new Array<'copy'>(startAxis).fill('copy'), -1]
  if (shape === undefined) throw cannotExpress(emit.path, 'the number of axes of its input is not known')
  const [start, end] = [startAxis, endAxis].map((axis) => (axis < 0 ? axis + shape.length : axis)) as [
    number,
    number,
  ]
  const behind = shape.slice(end + 1)
  if (!behind.every((dim) => typeof dim === 'number')) {
    throw cannotExpress(emit.path, 'it keeps axes behind the merged ones, and their sizes are not known')
  }
  return [...new Array<'copy'>(start).fill('copy'), -1, ...(behind as number[])]
}

/** ONNX's Flatten gives two axes: it says it all where one axis is kept in front of the merged ones, or behind them. */
const flattenAxis = (x: DraftValue, startAxis: number, endAxis: number): number | undefined => {
  if (startAxis === 1 && endAxis === -1) return 1
  const rank = rankOf(x.type)
  const keepsLast = startAxis === 0 && rank !== undefined && (endAxis === -2 || endAxis === rank - 2)
  return keepsLast && rank >= 2 ? rank - 1 : undefined
}

export const flatten = (emit: Emit, x: DraftValue, startAxis: number, endAxis: number): DraftValue => {
  const axis = flattenAxis(x, startAxis, endAxis)
  if (axis === undefined) return reshape(emit, x, reshapeSizes(emit, x, startAxis, endAxis))
  return emit.node('Flatten', [x], typeOps.flatten(x.type, startAxis, endAxis), { axis })
}

export const concat = (emit: Emit, values: readonly DraftValue[], axis: number): DraftValue => {
  const type = typeOps.concat(
    values.map((value) => value.type),
    axis,
  )
  return emit.node('Concat', values, type, { axis })
}

/** The ratio is an attribute up to opset 11, an input since. In inference it changes nothing, but it tells. */
export const dropout = (emit: Emit, x: DraftValue, p: number, training: boolean): DraftValue => {
  if (training) {
    throw cannotExpress(emit.path, 'the dropout is in training mode', 'Call inference(model) first.')
  }
  if (emit.opset < 12) return emit.node('Dropout', [x], x.type, { ratio: { float: p } })
  return emit.node('Dropout', [x, emit.tensor(scalar(p), 'ratio', 'Dropout')], x.type)
}
