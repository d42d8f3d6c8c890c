import { typeOps } from '@nnfuse/ir'
import { TensorProto_DataType } from 'onnx-buf'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit } from './emit.js'

/** `a` where the condition is not zero, else `b`. */
export const where = (emit: Emit, condition: DraftValue, a: DraftValue, b: DraftValue): DraftValue => {
  if (emit.opset < 9) throw cannotExpress(emit.path, 'a choice between values needs opset 9')
  const { shape } = condition.type
  const chosen = emit.node('Cast', [condition], { dtype: 'bool', shape }, { to: TensorProto_DataType.BOOL })
  return emit.node('Where', [chosen, a, b], typeOps.where(condition.type, a.type, b.type))
}
