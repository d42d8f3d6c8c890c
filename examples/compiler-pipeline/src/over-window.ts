import type { Padding, PadPair } from '@nnfuse/ir'

/** A window that moves over planes; every list has an entry for the rows and one for the columns. */
export interface Window {
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly PadPair[]
  readonly dilation: readonly number[]
  /** Of one plane. */
  readonly input: readonly number[]
  readonly output: readonly number[]
}

export const isPlainPadding = (padding: Padding): padding is readonly PadPair[] => typeof padding !== 'string'

/**
 * WGSL loops over the window that element `i` of the output sees in plane number `plane`; what is outside of the
 * plane is left out. Inside, `at` is where the element of the input lies, `tap` its number in the window.
 */
export const overWindow = (
  { size, stride, padding, dilation, input, output }: Window,
  inside: string,
): string => `
    for (var tap = 0; tap < ${Number(size[0]) * Number(size[1])}; tap++) {
      let row = i / ${output[1]} % ${output[0]} * ${stride[0]} + tap / ${size[1]} * ${dilation[0]} - ${padding[0]?.[0]};
      let column = i % ${output[1]} * ${stride[1]} + tap % ${size[1]} * ${dilation[1]} - ${padding[1]?.[0]};
      if (row < 0 || row >= ${input[0]} || column < 0 || column >= ${input[1]}) { continue; }
      let at = (plane * ${input[0]} + row) * ${input[1]} + column;
      ${inside}
    }`
