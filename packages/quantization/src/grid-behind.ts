import { type AnyModule, operatorOf, Sigmoid, Tanh } from '@nnfuse/ir'
import type { FakeQuantizeOptions } from './fake-quantize.js'
import { fixedRange } from './observers/fixed-range.js'

/*
 * Activations whose results are in a range that is known are put on the whole of it, as in torch's default mappings:
 *
 *   sigmoid, hardsigmoid, softmax    0 to 1     scale 1 / 256, zero point 0
 *   tanh                            -1 to 1     scale 2 / 256, zero point 128 of uint8
 */

const zeroToOne = fixedRange(0, 255 / 256)
const oneToOne = fixedRange(-1, 127 / 128)

type Fixed = typeof zeroToOne

const byKind: ReadonlyMap<string, Fixed> = new Map([
  [Sigmoid.kind, zeroToOne],
  [Tanh.kind, oneToOne],
])

const byOperator: ReadonlyMap<string, Fixed> = new Map([
  ['HardSigmoid', zeroToOne],
  ['Sigmoid', zeroToOne],
  ['Softmax', zeroToOne],
  ['Tanh', oneToOne],
])

/** How the values are quantized that a layer gives: as a qconfig says, unless their range is known. */
export const gridBehind = (module: AnyModule, activation: FakeQuantizeOptions): FakeQuantizeOptions => {
  const last = module.children.get('activation') ?? module
  const observer = byKind.get(last.kind) ?? byOperator.get(operatorOf(last) ?? '')
  return observer ? { dtype: activation.dtype, scheme: 'affine', observer } : activation
}
