import { floatTensor, type Tensor, tensorOf, withAttrs } from '@nnfuse/ir'
import { type Loss, run, valueAndGrad } from '@nnfuse/runtime'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decoded, drawn, type Encoded, numbersOf, readGolden } from '../test/golden.js'
import {
  FakeQuantize,
  type FakeQuantizeModule,
  fakeQuantize,
  minMax,
  movingAverage,
  observe,
  type QuantSpecOptions,
} from './index.js'

interface Grid {
  readonly scale: readonly number[]
  readonly zeroPoint: readonly number[]
  readonly min: number
  readonly max: number
}

interface PerTensor extends Grid {
  readonly output: readonly (number | string)[]
  readonly gradient: readonly number[]
}

interface PerChannel extends Grid {
  readonly shape: readonly number[]
  readonly axis: number
  readonly output: Encoded
  readonly gradient: Encoded
}

/** The same edges along each of the channels. */
interface PerChannelEdges extends PerTensor {
  readonly shape: readonly number[]
  readonly axis: number
}

const { cases } = readGolden<{
  readonly cases: {
    readonly edges: readonly (number | string)[]
    readonly perTensor: readonly PerTensor[]
    readonly perChannel: readonly PerChannel[]
    readonly perChannelEdges: readonly PerChannelEdges[]
  }
}>('fake-quantize')

const special: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
}

const numberOf = (x: number | string): number => (typeof x === 'number' ? x : (special[x] as number))

const ints = (values: readonly number[], shape: readonly number[]): Tensor =>
  tensorOf('int32', shape, new Uint8Array(Int32Array.from(values).buffer))

/** A fake quantization with a given grid that does not observe. */
const fixed = ({ scale, zeroPoint, min, max }: Grid, axis: number | null): FakeQuantizeModule => {
  const shape = axis === null ? [] : [scale.length]
  const module = FakeQuantize({ dtype: min < 0 ? 'int8' : 'uint8', min, max, axis })
  return withAttrs(module, {
    scale: floatTensor(scale, shape),
    zeroPoint: ints(zeroPoint, shape),
    observing: false,
  }) as FakeQuantizeModule
}

const edgesOf = ({ shape, axis }: PerChannelEdges): Tensor => {
  const edges = cases.edges.map(numberOf)
  const count = shape[axis] as number
  const values =
    axis === 0 ? new Array(count).fill(edges).flat() : edges.flatMap((x) => new Array(count).fill(x))
  return floatTensor(values, shape)
}

const outputOf = async (module: FakeQuantizeModule, x: Tensor): Promise<number[]> =>
  numbersOf((await run(module, [x])).outputs[0])

describe('values are the bits that torch gives: ties, NaN, infinities, zero points', () => {
  const edges = cases.edges.map(numberOf)

  test.each(
    cases.perTensor.map((one) => [`${one.scale} ${one.zeroPoint} ${one.min} ${one.max}`, one] as const),
  )('%s', async (_, one) => {
    const output = await outputOf(fixed(one, null), floatTensor(edges, [edges.length]))
    expect(output.map((x) => x + 0)).toEqual(one.output.map((x) => numberOf(x) + 0))
  })

  test.each(cases.perChannel.map((one) => [`${one.shape} axis ${one.axis}`, one] as const))(
    'a grid for each channel: %s',
    async (_, one) => {
      const output = await outputOf(
        fixed(one, one.axis),
        drawn(51, one.shape, (x) => 3 * x),
      )
      expect(output.map((x) => x + 0)).toEqual([...decoded(one.output)].map((x) => x + 0))
    },
  )
})

describe('ties, NaN and infinities with a grid for each channel', () => {
  const channelOf = ({ axis }: PerChannelEdges, i: number): number =>
    axis === 0 ? Math.floor(i / cases.edges.length) : i % 3

  /** torch counts the steps of channels in 64 bits, and beyond that everything is the lowest step. */
  const overflows = (one: PerChannelEdges, x: number, i: number): boolean =>
    x / (one.scale[channelOf(one, i)] as number) >= 2 ** 63

  test.each(cases.perChannelEdges.map((one) => [`axis ${one.axis}`, one] as const))(
    'are the bits that torch gives, but where it overflows: %s',
    async (_, one) => {
      const input = edgesOf(one)
      const beyond = (await numbersOf(input)).map((x, i) => overflows(one, x, i))
      const output = (await outputOf(fixed(one, one.axis), input)).map((x) => x + 0)
      const wanted = one.output.map((x) => numberOf(x) + 0)
      expect(output.filter((_x, i) => !beyond[i])).toEqual(wanted.filter((_x, i) => !beyond[i]))
      expect(beyond).toContain(true)
    },
  )

  test('beyond 64 bits of steps they are the highest step, where torch gives the lowest', async () => {
    const grid = { scale: [1], zeroPoint: [0], min: -128, max: 127 }
    const output = await outputOf(fixed(grid, 0), floatTensor([1e30, Number.POSITIVE_INFINITY], [1, 2]))
    expect(output).toEqual([127, 127])
  })
})

describe('gradients are those of torch: 1 where nothing is clamped, else 0', () => {
  const edges = cases.edges.map(numberOf)
  const sum: Loss = ([y]) => (y as NonNullable<typeof y>).sum()

  const gradientOf = async (module: FakeQuantizeModule, x: Tensor): Promise<number[]> => {
    const { inputGradients } = await valueAndGrad(module, [x], sum, { inputGradients: true })
    return numbersOf(inputGradients[0])
  }

  test.each(
    cases.perTensor.map((one) => [`${one.scale} ${one.zeroPoint} ${one.min} ${one.max}`, one] as const),
  )('%s', async (_, one) => {
    expect(await gradientOf(fixed(one, null), floatTensor(edges, [edges.length]))).toEqual(one.gradient)
  })

  test.each(cases.perChannel.map((one) => [`${one.shape} axis ${one.axis}`, one] as const))(
    'a grid for each channel: %s',
    async (_, one) => {
      const x = drawn(51, one.shape, (value) => 3 * value)
      expect(await gradientOf(fixed(one, one.axis), x)).toEqual([...decoded(one.gradient)])
    },
  )

  test.each(cases.perChannelEdges.map((one) => [`axis ${one.axis}`, one] as const))(
    'ties, NaN and infinities with a grid for each channel: %s',
    async (_, one) => {
      expect(await gradientOf(fixed(one, one.axis), edgesOf(one))).toEqual(one.gradient)
    },
  )
})

const small = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 })
const specs = fc.record<QuantSpecOptions>({
  dtype: fc.constantFrom('int8', 'uint8', 'int4', 'uint4'),
  scheme: fc.constantFrom('affine', 'symmetric'),
})

test('what was observed comes back within half a step, but for the ends of a grid without a middle', async () => {
  await fc.assert(
    fc.asyncProperty(small, specs, async (values, spec) => {
      const module = FakeQuantize({ ...spec, observer: minMax() })
      const { outputs, model } = await run(module, [floatTensor(values, [values.length])])
      const [scale = 0] = await numbersOf(model.attrs.scale)
      const output = await numbersOf(outputs[0])
      // Affine zero points are rounded, and symmetric grids have one step more on one side: half a step at the ends.
      const extremes = [Math.min(0, ...values), Math.max(0, ...values)]
      for (const [i, x] of values.entries()) {
        const atEnd = extremes.some((end) => Math.abs(Math.abs(end) - Math.abs(x)) <= scale)
        const bound = (atEnd ? 1.001 : 0.501) * scale
        expect(Math.abs((output[i] as number) - Math.fround(x))).toBeLessThanOrEqual(bound)
      }
    }),
    { numRuns: 40 },
  )
})

describe('observing', () => {
  const x = floatTensor([-1, 0.3, 2], [3])
  const wide = floatTensor([-8, 8], [2])

  test('learns the range before it quantizes, and the model that comes back has it', async () => {
    const module = FakeQuantize({ dtype: 'uint8', observer: minMax() })
    const { outputs, model } = await run(module, [x])
    expect(await numbersOf(model.attrs.scale)).toEqual([Math.fround(3 / 255)])
    expect(await numbersOf(model.attrs.zeroPoint)).toEqual([85])
    expect(await numbersOf(outputs[0])).toEqual(
      await outputOf(observe(model, false) as FakeQuantizeModule, x),
    )
    expect(module.attrs.state).toBeNull()
    expect(await numbersOf(module.attrs.scale)).toEqual([1])
  })

  test('can be switched off: the scale stays', async () => {
    const { model } = await run(FakeQuantize({ dtype: 'int8' }), [x])
    const still = observe(model, false)
    expect((await run(still, [wide])).model).toBe(still)
  })

  test('goes on where quantizing is off: values pass as they are', async () => {
    const { outputs, model } = await run(
      fakeQuantize(FakeQuantize({ dtype: 'int4' }), false) as FakeQuantizeModule,
      [x],
    )
    expect(await numbersOf(outputs[0])).toEqual([-1, Math.fround(0.3), 2])
    expect(model.attrs.state).toEqual({ min: [-1], max: [2] })
    const back = fakeQuantize(model) as FakeQuantizeModule
    expect(await outputOf(observe(back, false) as FakeQuantizeModule, x)).not.toEqual([
      -1,
      Math.fround(0.3),
      2,
    ])
  })

  test('has a scale for each channel, in the shape of the axis', async () => {
    const module = FakeQuantize({ dtype: 'int8', scheme: 'symmetric', axis: 1, observer: minMax() })
    const { model } = await run(module, [floatTensor([1, -2, 3, -4, 5, -6], [2, 3])])
    expect(model.attrs.scale.shape).toEqual([3])
    expect(await numbersOf(model.attrs.scale)).toEqual([4, 5, 6].map((most) => Math.fround(most / 127.5)))
  })

  test('a layer that is called twice goes on from its first call', async () => {
    const observer = movingAverage({ averagingConstant: 0.5 })
    const first = await run(FakeQuantize({ dtype: 'int8', observer }), [floatTensor([0, 1], [2])])
    const second = await run(first.model, [floatTensor([0, 2], [2])])
    expect(second.model.attrs.state).toEqual({ min: [0], max: [1.5] })
  })

  test('nothing to observe changes nothing', async () => {
    const { model } = await run(FakeQuantize({ dtype: 'int8' }), [floatTensor([], [0, 3])])
    expect(await numbersOf(model.attrs.scale)).toEqual([1])
  })
})
