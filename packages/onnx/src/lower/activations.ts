import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit } from './emit.js'
import { floatTypeOf, scalar } from './scalars.js'

/** Limits are attributes up to opset 10, inputs since. */
export const clip = (emit: Emit, x: DraftValue, min: number, max: number): DraftValue => {
  if (emit.opset < 11) return emit.node('Clip', [x], x.type, { max: { float: max }, min: { float: min } })
  const dtype = floatTypeOf(x.type)
  const limits = [
    emit.tensor(scalar(min, dtype), 'min', 'Clip'),
    emit.tensor(scalar(max, dtype), 'max', 'Clip'),
  ]
  return emit.node('Clip', [x, ...limits], x.type)
}

const times = (emit: Emit, x: DraftValue, factor: number, name: string): DraftValue =>
  emit.node('Mul', [x, emit.tensor(scalar(factor, floatTypeOf(x.type)), name, 'Mul')], x.type)

const plus = (emit: Emit, x: DraftValue, term: number, name: string): DraftValue =>
  emit.node('Add', [x, emit.tensor(scalar(term, floatTypeOf(x.type)), name, 'Add')], x.type)

const multiply = (emit: Emit, a: DraftValue, b: DraftValue): DraftValue => emit.node('Mul', [a, b], a.type)

/** `x * clip(x / 6 + 1/2, 0, 1)` */
export const hardswish = (emit: Emit, x: DraftValue): DraftValue => {
  if (emit.opset >= 14) return emit.node('HardSwish', [x], x.type)
  const gate = emit.node('HardSigmoid', [x], x.type, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })
  return multiply(emit, x, gate)
}

/** `x / 2 * (1 + erf(x / sqrt 2))` */
const exactGelu = (emit: Emit, x: DraftValue): DraftValue => {
  if (emit.opset < 9) throw cannotExpress(emit.path, 'the error function of GELU needs opset 9')
  const erf = emit.node('Erf', [times(emit, x, Math.SQRT1_2, 'sqrt_half')], x.type)
  return multiply(emit, times(emit, x, 0.5, 'half'), plus(emit, erf, 1, 'one'))
}

/** `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))` */
const tanhGelu = (emit: Emit, x: DraftValue): DraftValue => {
  const cube = multiply(emit, multiply(emit, x, x), x)
  const sum = emit.node('Add', [x, times(emit, cube, 0.044715, 'cubic')], x.type)
  const tanh = emit.node('Tanh', [times(emit, sum, Math.sqrt(2 / Math.PI), 'sqrt_2_pi')], x.type)
  return multiply(emit, times(emit, x, 0.5, 'half'), plus(emit, tanh, 1, 'one'))
}

export const gelu = (emit: Emit, x: DraftValue, approximate: 'none' | 'tanh'): DraftValue => {
  if (emit.opset >= 20) return emit.node('Gelu', [x], x.type, { approximate })
  return approximate === 'none' ? exactGelu(emit, x) : tanhGelu(emit, x)
}
