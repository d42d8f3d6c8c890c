import { withAttrs } from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { describe, expect, test } from 'vitest'
import { decoded, drawn, type Encoded, expectClose, numbersOf, readGolden } from '../test/golden.js'
import {
  FakeQuantize,
  type FakeQuantizeModule,
  movingAverage,
  type QuantDType,
  type QuantScheme,
} from './index.js'

/** Ten batches through one module of torch, with what it was told before each. */
interface Sequence {
  readonly module: 'FakeQuantize' | 'FusedMovingAvgObsFakeQuantize'
  readonly dtype: QuantDType
  readonly scheme: QuantScheme
  readonly axis: number | null
  readonly reduceRange: boolean
  readonly averagingConstant: number
  readonly shape: readonly number[]
  readonly steps: readonly {
    readonly observing: boolean
    readonly quantizing: boolean
    readonly output: Encoded
    readonly scale: readonly number[]
    readonly zeroPoint: readonly number[]
  }[]
}

const { sequences } = readGolden<{ readonly sequences: readonly Sequence[] }>('fake-quantize')

const nameOf = ({ dtype, scheme, axis, reduceRange, averagingConstant }: Sequence): string =>
  `${dtype} ${scheme} axis ${axis} constant ${averagingConstant}${reduceRange ? ' reduced' : ''}`

const moduleOf = ({
  dtype,
  scheme,
  axis,
  reduceRange,
  averagingConstant,
  shape,
}: Sequence): FakeQuantizeModule =>
  FakeQuantize({
    dtype,
    scheme,
    axis,
    reduceRange,
    observer: movingAverage({ averagingConstant }),
    ...(axis !== null && { channels: shape[axis] as number }),
  })

/** The outputs, scales and zero points of each batch. */
async function* played(sequence: Sequence) {
  let module = moduleOf(sequence)
  for (const [k, { observing, quantizing }] of sequence.steps.entries()) {
    const switched = withAttrs(module, { observing, quantizing }) as FakeQuantizeModule
    const input = drawn(61 + k, sequence.shape, (x) => x * (1 + 0.5 * k))
    const { outputs, model } = await run(switched, [input])
    module = model
    const { scale, zeroPoint } = module.attrs
    yield {
      output: outputs[0],
      scale: await numbersOf(scale),
      zeroPoint: await numbersOf(zeroPoint),
    }
  }
}

const of = (name: Sequence['module']) =>
  sequences.filter(({ module }) => module === name).map((one) => [nameOf(one), one] as const)

describe('ten batches, switched on and off in between, are the bits of FakeQuantize', () => {
  test.each(of('FakeQuantize'))('%s', async (_, sequence) => {
    let k = 0
    for await (const { output, scale, zeroPoint } of played(sequence)) {
      const wanted = sequence.steps[k] as Sequence['steps'][number]
      expect([scale, zeroPoint]).toEqual([wanted.scale, wanted.zeroPoint])
      const bits = (await numbersOf(output)).map((x) => x + 0)
      expect(bits).toEqual([...decoded(wanted.output)].map((x) => x + 0))
      k += 1
    }
    expect(k).toBe(10)
  })
})

describe('where it is affine, that of observer and fake quantization in one module is the same but for rounding', () => {
  test.each(of('FusedMovingAvgObsFakeQuantize'))('%s', async (_, sequence) => {
    let k = 0
    for await (const { output, scale, zeroPoint } of played(sequence)) {
      const wanted = sequence.steps[k] as Sequence['steps'][number]
      await expectClose(output, wanted.output)
      k += 1
      if (!wanted.quantizing) continue // then it watches, but makes no scale of what it has seen
      for (const [i, one] of wanted.scale.entries()) expect((scale[i] as number) / one).toBeCloseTo(1, 6)
      expect(zeroPoint).toEqual(wanted.zeroPoint)
    }
    expect(k).toBe(10)
  })
})
