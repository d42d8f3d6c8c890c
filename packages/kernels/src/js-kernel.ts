import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from '@nnfuse/ir'
import { type Kernel, type Layout, mostBlocks, windowSize } from './kernel.js'

interface Elements {
  [i: number]: number
}

type Times = (element: number, factor: number) => number

const scaleWith =
  (elements: Elements, bytesPerElement: number, factors: Float64Array, times: Times) =>
  ({ length, first, block }: Layout): void => {
    let end = first
    for (let at = 0, i = 0; at < length; i += 1, end += block) {
      const factor = factors[i] as number
      for (; at < Math.min(end, length); at += bytesPerElement)
        elements[at / bytesPerElement] = times(elements[at / bytesPerElement] as number, factor)
    }
  }

/** Storing in a float array rounds to its dtype; the product before that is a double. */
const timesFloat: Times = (element, factor) => element * factor

/** 16-bit formats are reached through float32, as in torch. */
const timesFloat16: Times = (bits, factor) => toFloat16Bits(Math.fround(fromFloat16Bits(bits) * factor))
const timesBfloat16: Times = (bits, factor) => toBfloat16Bits(Math.fround(fromBfloat16Bits(bits) * factor))

/** The kernel in plain JavaScript, for factors of any float dtype. */
export const jsKernel = (): Kernel => {
  const memory = new ArrayBuffer(windowSize)
  const halves = new Uint16Array(memory)
  const factors = new Float64Array(mostBlocks)
  return {
    window: new Uint8Array(memory),
    factors,
    scale: {
      float64: scaleWith(new Float64Array(memory), 8, factors, timesFloat),
      float32: scaleWith(new Float32Array(memory), 4, factors, timesFloat),
      float16: scaleWith(halves, 2, factors, timesFloat16),
      bfloat16: scaleWith(halves, 2, factors, timesBfloat16),
    },
  }
}
