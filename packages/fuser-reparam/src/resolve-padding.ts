import { type ConvAttrs, kernelSize, type PadPair, type ValueType } from '@nnfuse/ir'

/** A convolution whose padding is known in numbers. */
export interface PaddedConv extends ConvAttrs {
  readonly padding: readonly PadPair[]
}

/** As much as keeps `ceil(size / stride)`; for a stride or a kernel of 1 the size does not matter. */
const totalOf = (conv: ConvAttrs, axis: number, inputType: () => ValueType): number | undefined => {
  const [stride, dilation] = [conv.stride[axis] as number, conv.dilation[axis] as number]
  const reach = dilation * ((kernelSize(conv)[axis] as number) - 1)
  if (stride === 1 || reach === 0) return reach
  const size = inputType().shape?.[axis + 2]
  return typeof size === 'number'
    ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach + 1 - size)
    : undefined
}

/** The odd one goes to the end for `same`, to the start for `same-lower`. */
const halves = (total: number, padding: 'same' | 'same-lower'): PadPair => {
  const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)]
  return padding === 'same' ? [less, more] : [more, less]
}

/**
 * The convolution with its padding in numbers; undefined where that depends on sizes of the input that nobody knows.
 *
 * @param inputType asked where the padding depends on it
 */
export const resolvePadding = (conv: ConvAttrs, inputType: () => ValueType): PaddedConv | undefined => {
  const { padding, stride } = conv
  if (typeof padding !== 'string') return { ...conv, padding }
  const totals = stride.map((_, axis) => totalOf(conv, axis, inputType))
  if (!totals.every((total) => total !== undefined)) return undefined
  return { ...conv, padding: totals.map((total) => halves(total, padding)) }
}

export const padsAnything = ({ padding }: PaddedConv): boolean =>
  padding.some(([before, after]) => before > 0 || after > 0)
