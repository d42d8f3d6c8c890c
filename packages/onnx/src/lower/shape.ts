import { encode, tensorOf, typeOps } from '@nnfuse/ir'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit } from './emit.js'
import { scalar } from './scalars.js'

/** Sizes for Reshape: 0 copies an axis, -1 takes what is left; axes behind the merged ones must be known. */
const reshapeSizes = (emit: Emit, x: DraftValue, startAxis: number, endAxis: number): number[] => {
  const { shape } = x.type
  if (endAxis === -1 && startAxis >= 0) return [...new Array(startAxis).fill(0), -1]
  if (shape === undefined) throw cannotExpress(emit.path, 'the number of axes of its input is not known')
  const [start, end] = [startAxis, endAxis].map((axis) => (axis < 0 ? axis + shape.length : axis)) as [
    number,
    number,
  ]
  const behind = shape.slice(end + 1)
  if (!behind.every((dim) => typeof dim === 'number')) {
    throw cannotExpress(emit.path, 'it keeps axes behind the merged ones, and their sizes are not known')
  }
  return [...new Array(start).fill(0), -1, ...(behind as number[])]
}

export const flatten = (emit: Emit, x: DraftValue, startAxis: number, endAxis: number): DraftValue => {
  const type = typeOps.flatten(x.type, startAxis, endAxis)
  if (startAxis === 1 && endAxis === -1) return emit.node('Flatten', [x], type, { axis: 1 })
  const sizes = reshapeSizes(emit, x, startAxis, endAxis)
  const tensor = tensorOf('int64', [sizes.length], encode(sizes, 'int64'))
  return emit.node('Reshape', [x, emit.tensor(tensor, 'shape', 'Reshape')], type)
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
