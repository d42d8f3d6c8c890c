import { floatTensor, type Tensor, tensorOf } from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { expect, test } from 'vitest'
import { decoded, drawn, type Encoded, numbersOf, readGolden } from '../test/golden.js'
import { QuantizeDequantize, quantSpec } from './index.js'

interface PerChannel {
  readonly shape: readonly number[]
  readonly axis: number
  readonly scale: readonly number[]
  readonly zeroPoint: readonly number[]
  readonly min: number
  readonly max: number
  readonly output: Encoded
}

const { cases } = readGolden<{ readonly cases: { readonly perChannel: readonly PerChannel[] } }>(
  'fake-quantize',
)

const zeroPointOf = ({ zeroPoint, min }: PerChannel): Tensor =>
  tensorOf(min < 0 ? 'int8' : 'uint8', [zeroPoint.length], Uint8Array.from(zeroPoint))

test.each(cases.perChannel.map((one) => [`${one.shape} axis ${one.axis}`, one] as const))(
  'a fixed grid for each channel gives what the fake quantization of torch gives: %s',
  async (_, one) => {
    const { axis, min, max, scale } = one
    const spec = quantSpec({ dtype: min < 0 ? 'int8' : 'uint8', axis, min, max })
    const grid = { spec, scale: floatTensor(scale, [scale.length]), zeroPoint: zeroPointOf(one) }
    const { outputs } = await run(QuantizeDequantize(grid), [drawn(51, one.shape, (x) => 3 * x)])
    const bits = (await numbersOf(outputs[0])).map((x) => x + 0)
    expect(bits).toEqual([...decoded(one.output)].map((x) => x + 0))
  },
)
