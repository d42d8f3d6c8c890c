import {
  type ConvAttrs,
  type ConvTransposeAttrs,
  type Given,
  kernelSize,
  type Padding,
  type PadPair,
  typeOps,
  type ValueType,
} from '@nnfuse/ir'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit, NewAttributes } from './emit.js'
import { integers, padsOf } from './reshaping.js'

/** `same` in numbers: what a window of stride 1 needs, the odd one where the word says. */
const sameAsPairs = (
  mode: 'same' | 'same-lower',
  kernel: readonly number[],
  dilation: readonly number[],
): PadPair[] =>
  kernel.map((size, i) => {
    const total = (size - 1) * (dilation[i] ?? 1)
    const small = Math.floor(total / 2)
    return mode === 'same' ? [small, total - small] : [total - small, small]
  })

const allOnes = (values: readonly number[]): boolean => values.every((value) => value === 1)

/** Runtimes take auto_pad with dilation badly, and as numbers it says the same. */
const plainPadding = ({ padding, stride, dilation, weight }: ConvAttrs): Padding =>
  typeof padding === 'string' && allOnes(stride) && !allOnes(dilation)
    ? sameAsPairs(padding, weight.shape.slice(2), dilation)
    : padding

/** `pads` or `auto_pad`. */
export const padAttributes = (padding: Padding): NewAttributes => {
  if (padding === 'same') return { auto_pad: 'SAME_UPPER' }
  return padding === 'same-lower' ? { auto_pad: 'SAME_LOWER' } : { pads: padsOf(padding) }
}

interface Weighted {
  readonly weight: ConvAttrs['weight']
  readonly bias: ConvAttrs['bias']
}

const operands = (
  emit: Emit,
  opType: string,
  x: DraftValue,
  { weight, bias }: Weighted,
  given: Given<DraftValue>,
): DraftValue[] => {
  const weightValue = given.weight ?? emit.tensor(weight, 'weight', opType)
  const biasValue = given.bias ?? (bias ? emit.tensor(bias, 'bias', opType) : undefined)
  return biasValue ? [x, weightValue, biasValue] : [x, weightValue]
}

const padModes = { reflect: ['reflect', 2], replicate: ['edge', 2], circular: ['wrap', 19] } as const

const explicitPadding = (emit: Emit, attrs: ConvAttrs): readonly PadPair[] => {
  if (typeof attrs.padding !== 'string') return attrs.padding
  if (allOnes(attrs.stride)) return sameAsPairs(attrs.padding, kernelSize(attrs), attrs.dilation)
  throw cannotExpress(emit.path, `${attrs.paddingMode} padding that depends on the size of the input`)
}

/** What a convolution pads with other than zeros, ONNX pads in a node of its own. */
const pad = (emit: Emit, x: DraftValue, attrs: ConvAttrs, padding: readonly PadPair[]): DraftValue => {
  const [mode, opset] = padModes[attrs.paddingMode as keyof typeof padModes]
  if (emit.opset < opset) throw cannotExpress(emit.path, `${attrs.paddingMode} padding needs opset ${opset}`)
  const pairs: readonly PadPair[] = [[0, 0], [0, 0], ...padding]
  const type = typeOps.pad(x.type, pairs, 0)
  const pads = padsOf(pairs)
  if (emit.opset < 11) return emit.node('Pad', [x], type, { mode, pads })
  return emit.node('Pad', [x, emit.tensor(integers(pads), 'pads', 'Pad')], type, { mode })
}

const none = (attrs: ConvAttrs): readonly PadPair[] => kernelSize(attrs).map(() => [0, 0])

export const conv = (
  emit: Emit,
  x: DraftValue,
  attrs: ConvAttrs,
  given: Given<DraftValue> = {},
): DraftValue => {
  const type = typeOps.conv(x.type, attrs)
  if (attrs.paddingMode === 'zeros') return plainConv(emit, x, attrs, given, type, plainPadding(attrs))
  const padding = explicitPadding(emit, attrs)
  return plainConv(emit, pad(emit, x, attrs, padding), attrs, given, type, none(attrs))
}

const plainConv = (
  emit: Emit,
  x: DraftValue,
  attrs: ConvAttrs,
  given: Given<DraftValue>,
  type: ValueType,
  padding: Padding,
): DraftValue =>
  emit.node('Conv', operands(emit, 'Conv', x, attrs, given), type, {
    dilations: attrs.dilation,
    group: attrs.groups,
    kernel_shape: kernelSize(attrs),
    ...padAttributes(padding),
    strides: attrs.stride,
  })

export const convTranspose = (
  emit: Emit,
  x: DraftValue,
  attrs: ConvTransposeAttrs,
  given: Given<DraftValue> = {},
): DraftValue => {
  const { padding, outputPadding } = attrs
  if (typeof padding === 'string')
    throw cannotExpress(emit.path, `padding "${padding}" of a transposed convolution`)
  return emit.node(
    'ConvTranspose',
    operands(emit, 'ConvTranspose', x, attrs, given),
    typeOps.convTranspose(x.type, attrs),
    {
      dilations: attrs.dilation,
      group: attrs.groups,
      kernel_shape: kernelSize(attrs),
      ...(outputPadding.some((size) => size !== 0) && { output_padding: outputPadding }),
      ...padAttributes(padding),
      strides: attrs.stride,
    },
  )
}
