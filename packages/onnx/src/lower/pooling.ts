import { type AvgPoolAttrs, type MaxPoolAttrs, typeOps } from '@nnfuse/ir'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import { padAttributes } from './conv.js'
import type { Emit, NewAttributes } from './emit.js'

const ceilMode = (emit: Emit, given: boolean): NewAttributes => {
  if (!given) return {}
  if (emit.opset < 10) throw cannotExpress(emit.path, 'ceil mode needs opset 10')
  return { ceil_mode: 1 }
}

const dilations = (emit: Emit, dilation: readonly number[]): NewAttributes => {
  if (dilation.every((step) => step === 1)) return {}
  if (emit.opset < 10) throw cannotExpress(emit.path, 'dilation of a pool needs opset 10')
  return { dilations: dilation }
}

export const maxPool = (emit: Emit, x: DraftValue, attrs: MaxPoolAttrs): DraftValue =>
  emit.node('MaxPool', [x], typeOps.maxPool(x.type, attrs), {
    ...ceilMode(emit, attrs.ceilMode),
    ...dilations(emit, attrs.dilation),
    kernel_shape: attrs.kernelSize,
    ...padAttributes(attrs.padding),
    strides: attrs.stride,
  })

export const avgPool = (emit: Emit, x: DraftValue, attrs: AvgPoolAttrs): DraftValue =>
  emit.node('AveragePool', [x], typeOps.avgPool(x.type, attrs), {
    ...ceilMode(emit, attrs.ceilMode),
    count_include_pad: attrs.countIncludePad ? 1 : 0,
    kernel_shape: attrs.kernelSize,
    ...padAttributes(attrs.padding),
    strides: attrs.stride,
  })

export const adaptiveAvgPool = (
  emit: Emit,
  x: DraftValue,
  outputSize: readonly (number | null)[],
): DraftValue => {
  if (!outputSize.every((size) => size === 1)) {
    throw cannotExpress(
      emit.path,
      `ONNX averages to size 1 only, not to ${outputSize.join('x')}`,
      'Use AvgPool with a kernel size.',
    )
  }
  return emit.node('GlobalAveragePool', [x], typeOps.adaptiveAvgPool(x.type, outputSize))
}
