import { typeOps } from '@nnfuse/ir'
import type { DraftValue } from '../draft.js'
import type { Emit } from './emit.js'
import { integers } from './reshaping.js'

/** Axes are an attribute up to opset 17, an input since. */
export const mean = (emit: Emit, x: DraftValue, axes: readonly number[]): DraftValue => {
  const type = typeOps.mean(x.type, axes)
  if (emit.opset < 18) return emit.node('ReduceMean', [x], type, { axes, keepdims: 1 })
  return emit.node('ReduceMean', [x, emit.tensor(integers(axes), 'axes', 'ReduceMean')], type, {
    keepdims: 1,
  })
}
