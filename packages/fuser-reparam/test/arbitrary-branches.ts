import {
  Add,
  type AnyModule,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvArguments,
  graphModule,
  inferModule,
  type PaddingMode,
  type PadPair,
  Sequential,
  Sub,
  type Symbolic,
} from '@nnfuse/ir'
import {
  arbitraryBatchNorm1d,
  arbitraryBatchNorm2d,
  arbitraryBatchNorm3d,
  arbitraryTensor,
  type Example,
  type Shape,
} from '@nnfuse/testing'
import { type Arbitrary, boolean, constant, constantFrom, integer, tuple } from 'fast-check'

/*
 * Random pairs of branches that can become one: a window, another that lies within it, groups that refine those of the
 * first.
 */

const convs = [Conv1d, Conv2d, Conv3d]
const norms = [arbitraryBatchNorm1d, arbitraryBatchNorm2d, arbitraryBatchNorm3d]

const upTo = (max: number, min = 0): Arbitrary<number> => integer({ min, max })

interface Axis {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly padding: PadPair
}

const axis: Arbitrary<Axis> = tuple(upTo(3, 1), upTo(2, 1), upTo(2, 1), upTo(2), upTo(2)).map(
  ([kernel, stride, dilation, before, after]) => ({ kernel, stride, dilation, padding: [before, after] }),
)

/** A kernel that is a part of another's, at the same places of the input. */
const within = ({ kernel, stride, dilation, padding: [before, after] }: Axis): Arbitrary<Axis> =>
  tuple(upTo(kernel - 1), upTo(kernel - 1))
    .map(([start, end]): readonly [number, number] => [Math.min(start, end), Math.max(start, end)])
    .map(([start, end]): Axis => {
      const padding: PadPair = [before - start * dilation, after - (kernel - 1 - end) * dilation]
      return { kernel: end - start + 1, stride, dilation, padding }
    })
    .map((part) =>
      Math.min(...part.padding) < 0 ? { kernel, stride, dilation, padding: [before, after] as const } : part,
    )

/** One with which a kernel of 1 in the place of the output aligns. */
const around: Arbitrary<Axis> = tuple(upTo(3, 1), upTo(2, 1))
  .chain(([kernel, dilation]) => tuple(constant(kernel), constant(dilation), upTo(kernel - 1)))
  .map(([kernel, dilation, centre]) => ({
    kernel,
    stride: 1,
    dilation,
    padding: [centre * dilation, (kernel - 1 - centre) * dilation] as const,
  }))

/** Zeros are what models use. */
const modes = constantFrom<PaddingMode>('zeros', 'zeros', 'reflect', 'replicate', 'circular')

interface Channels {
  readonly inputs: number
  readonly outputs: number
  readonly groups: number
  readonly mode: PaddingMode
}

const conv = (axes: readonly Axis[], { inputs, outputs, groups, mode }: Channels): Arbitrary<AnyModule> =>
  tuple(
    arbitraryTensor([outputs, inputs / groups, ...axes.map(({ kernel }) => kernel)]),
    arbitraryTensor([outputs]),
    boolean(),
  ).map(([weight, bias, hasBias]) => {
    const given: ConvArguments = {
      weight,
      bias: hasBias ? bias : null,
      stride: axes.map(({ stride }) => stride),
      dilation: axes.map(({ dilation }) => dilation),
      padding: axes.map(({ padding }) => padding),
      groups,
      paddingMode: mode,
    }
    return (convs[axes.length - 1] as typeof Conv2d)(given)
  })

/** Groups, and groups that each lie within one of these. */
const groupings = constantFrom<readonly [coarse: number, fine: number]>(
  [1, 1],
  [1, 2],
  [2, 2],
  [2, 4],
  [1, 4],
)

/** Two branches, or three; none in the second place is the input itself. */
export interface Branches {
  readonly a: AnyModule
  readonly b?: AnyModule
  readonly c?: AnyModule
  readonly input: Shape
}

const sizes = [6, 6, 5]

const inputWith = (channels: number, axes: number): Shape => [
  2,
  channels,
  ...Array.from({ length: axes }, () => sizes[axes - 1] as number),
]

const dimensions = upTo(3, 1)

const listOf = <T>(arbitrary: Arbitrary<T>, length: number): Arbitrary<T[]> =>
  tuple(...Array.from({ length }, () => arbitrary))

/** One large kernel, and others within it. */
const nested = (smaller: number): Arbitrary<readonly [input: Shape, ...convs: AnyModule[]]> =>
  dimensions
    .chain((count) => tuple(listOf(axis, count), groupings, upTo(2, 1), modes))
    .chain(([axes, [coarse, fine], perGroup, mode]) => {
      const channels = { inputs: 4, outputs: fine * perGroup, mode }
      const small = tuple(...axes.map(within)).chain((parts) => conv(parts, { ...channels, groups: fine }))
      return tuple(
        constant(inputWith(4, axes.length)),
        conv(axes, { ...channels, groups: coarse }),
        ...Array.from({ length: smaller }, () => small),
      )
    })

const inOrder = (input: Shape, [a, b, c]: readonly AnyModule[]): Branches => ({
  input,
  a: a as AnyModule,
  ...(b && { b }),
  ...(c && { c }),
})

export const twoConvs: Arbitrary<Branches> = tuple(nested(1), boolean()).map(([[input, ...pair], swapped]) =>
  inOrder(input, swapped ? pair.reverse() : pair),
)

export const threeConvs: Arbitrary<Branches> = tuple(nested(2), boolean()).map(
  ([[input, ...three], swapped]) =>
    inOrder(input, swapped ? [...three.slice(0, 2).reverse(), ...three.slice(2)] : three),
)

const keepingShape = (count: number): Arbitrary<AnyModule> =>
  tuple(listOf(around, count), constantFrom(1, 2, 4), modes).chain(([axes, groups, mode]) =>
    conv(axes, { inputs: 4, outputs: 4, groups, mode }),
  )

const normFor = (input: Shape): Arbitrary<AnyModule> =>
  (norms[input.length - 3] as typeof arbitraryBatchNorm2d)(input)

export const convAndNorm: Arbitrary<Branches> = dimensions.chain((count) =>
  tuple(keepingShape(count), normFor(inputWith(4, count))).map(([a, b]) => ({
    a,
    b,
    input: inputWith(4, count),
  })),
)

export const convAndNorms: Arbitrary<Branches> = dimensions.chain((count) => {
  const input = inputWith(4, count)
  return tuple(keepingShape(count), normFor(input), normFor(input)).map((three) => inOrder(input, three))
})

export const convAndInput: Arbitrary<Branches> = dimensions.chain((count) =>
  keepingShape(count).map((a) => ({ a, input: inputWith(4, count) })),
)

export const twoNorms: Arbitrary<Branches> = dimensions.chain((count) => {
  const input = inputWith(4, count)
  return tuple(normFor(input), normFor(input)).map(([a, b]) => ({ a, b, input }))
})

export const normAndInput: Arbitrary<Branches> = dimensions.chain((count) => {
  const input = inputWith(4, count)
  return normFor(input).map((a) => ({ a, input }))
})

/** The sum of three branches. */
export const threeAdded = ({ a, b, c }: Branches): AnyModule =>
  graphModule({ a, b: b as AnyModule, c: c as AnyModule, add: Add(), sum: Add() }, (m, x) =>
    m.sum(m.c(x), m.add(m.a(x), m.b(x))),
  )

/** Where two branches stand in a sum. */
export const sums = {
  '': ({ a, b }: Branches) =>
    graphModule({ a, ...(b && { b }), add: Add() }, (m, x) => m.add(m.a(x), called(m, x))),
  '-in-sum': ({ a, b }: Branches) =>
    graphModule({ a, ...(b && { b }), add: Add(), sum: Add() }, (m, x, y) =>
      m.sum(m.add(y, called(m, x)), m.a(x)),
    ),
  '-outside-sum': ({ a, b }: Branches) =>
    graphModule({ a, ...(b && { b }), add: Add(), sum: Add() }, (m, x, y) =>
      m.sum(called(m, x), m.add(m.a(x), y)),
    ),
  '-in-sums': ({ a, b }: Branches) =>
    graphModule({ a, ...(b && { b }), add: Add(), add2: Add(), sum: Add() }, (m, x, y, z) =>
      m.sum(m.add(called(m, x), z), m.add2(m.a(x), y)),
    ),
} as const

type Calls = { readonly b?: (x: Symbolic) => Symbolic }

/** What the second branch gives. */
const called = (m: unknown, x: Symbolic): Symbolic => (m as Calls).b?.(x) ?? x

/** Of two branches, the one that is subtracted from the other. */
export const differences = {
  b: ({ a, b }: Branches) =>
    graphModule({ a, ...(b && { b }), sub: Sub() }, (m, x) => m.sub(m.a(x), called(m, x))),
  a: ({ a, b }: Branches) =>
    graphModule({ a, ...(b && { b }), sub: Sub() }, (m, x) => m.sub(called(m, x), m.a(x))),
} as const

/** Models in which one branch is subtracted from another. */
export const subtracted = (
  branches: Arbitrary<Branches>,
  which: keyof typeof differences,
): Arbitrary<Example> =>
  branches.map((drawn) => ({ model: differences[which](drawn), inputs: [drawn.input] }))

const outputShape = ({ a, input }: Branches): Shape => {
  const [type] = inferModule(a, [{ dtype: 'float32', shape: input }])
  return type?.shape as Shape
}

/** Models in which two branches are added, perhaps with values from elsewhere. */
export const added = (branches: Arbitrary<Branches>, where: keyof typeof sums): Arbitrary<Example> =>
  branches.map((drawn) => {
    const model = sums[where](drawn)
    const others = model.attrs.inputs.slice(1).map(() => outputShape(drawn))
    return { model, inputs: [drawn.input, ...others] }
  })

/** Convolutions of which the second or the first has a kernel of 1, where one makes no more weights than two. */
export const pointwisePair = (pointwise: 'first' | 'second'): Arbitrary<Example> =>
  dimensions
    .chain((count) => tuple(listOf(axis, count), groupings, modes, boolean()))
    .chain(([axes, [coarse, fine], mode, strided]) => {
      const [pads, large] = [
        axes.some(({ padding }) => Math.max(...padding) > 0),
        pointwise === 'first' ? 2 : 4,
      ]
      const [groups1, groups2] =
        pointwise === 'first' ? [coarse, coarse] : [coarse, fine === 4 ? coarse : fine]
      const one: Axis = {
        kernel: 1,
        stride: strided && pointwise === 'second' ? 2 : 1,
        dilation: 1,
        padding: [0, 0],
      }
      const ones = axes.map(() => one)
      const first = conv(pointwise === 'first' ? ones : axes, {
        inputs: 2,
        outputs: 4,
        groups: groups1,
        mode,
      })
      const second = conv(pointwise === 'first' ? axes : ones, {
        inputs: 4,
        outputs: large,
        groups: groups2,
        mode,
      })
      return tuple(first, second).map(([a, b]) => ({
        model: Sequential([pointwise === 'first' && pads ? withoutBias(a) : a, b]),
        inputs: [inputWith(2, axes.length)],
      }))
    })

const withoutBias = (module: AnyModule): AnyModule => ({
  ...module,
  attrs: { ...(module.attrs as object), bias: null },
})
