import {
  Add,
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  Constant,
  Conv2d,
  Flatten,
  floatTensor,
  type GraphModuleOf,
  graphModule,
  inferModule,
  Linear,
  Mul,
  ReLU,
  Reshape,
  Squeeze,
  Sub,
  type Symbolic,
  stateInputs,
  Transpose,
  Unsqueeze,
} from '@nnfuse/ir'
import { createPassManager } from '@nnfuse/pass-manager'
import { compareOutputs } from '@nnfuse/testing'
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  oneof,
} from 'fast-check'
import { expect, test } from 'vitest'
import { affine } from './index.js'

/*
 * Random ways between layers with weights and multiply-adds, with sizes that agree on purpose: every axis has 1, 2 or 4
 * places, so whoever goes by sizes goes wrong. Whatever is taken up, the model must compute what it did.
 */

type Shape = readonly number[]
type Step = (shape: Shape, seed: number) => readonly AnyModule[] | undefined

const values = (shape: Shape, seed: number) => {
  const count = shape.reduce((product, size) => product * size, 1)
  return floatTensor(
    Float32Array.from({ length: count }, (_, i) => 0.4 + (((i + 1) * (seed + 3) * 7919) % 97) / 90),
    shape,
  )
}

const linear: Step = (shape, seed) => [
  Linear({ weight: values([4, shape.at(-1) ?? 1], seed), bias: values([4], seed + 1) }),
]

const conv: Step = (shape, seed) =>
  shape.length === 4 ? [Conv2d({ weight: values([4, shape[1] ?? 1, 1, 1], seed) })] : undefined

const batchNorm: Step = (shape, seed) => {
  const kind = { 2: BatchNorm1d, 3: BatchNorm1d, 4: BatchNorm2d }[shape.length]
  const numFeatures = shape[1] ?? 1
  const vector = (i: number) => values([numFeatures], seed + i)
  const statistics = { weight: vector(0), bias: vector(1), runningMean: vector(2), runningVar: vector(3) }
  return kind && [kind({ numFeatures, ...statistics })]
}

const transpose: Step = (shape, seed) => {
  const perm = shape.map((_, axis) => axis).sort((a, b) => ((a * 5 + seed) % 7) - ((b * 5 + seed) % 7))
  return [Transpose({ perm })]
}

const reshape: Step = (shape, seed) => {
  const total = shape.reduce((product, size) => product * size, 1)
  const shapes = [
    [-1, 4],
    [4, -1],
    [2, -1, 4],
    [1, 4, -1],
    [2, 4, -1, 1],
    [...shape].reverse(),
    ['copy' as const, -1],
  ]
  const wanted = shapes[seed % shapes.length] as (number | 'copy')[]
  const fixed = wanted.reduce<number>(
    (product, size) => product * (typeof size === 'number' && size > 0 ? size : 1),
    1,
  )
  return total % fixed === 0 ? [Reshape({ shape: wanted })] : undefined
}

const flatten: Step = (shape, seed) => {
  const start = seed % shape.length
  return [Flatten({ startAxis: start, endAxis: Math.min(start + 1, shape.length - 1) })]
}

const squeeze: Step = (shape) => {
  const axis = shape.indexOf(1)
  return axis < 0 || shape.length < 3 ? undefined : [Squeeze({ axes: [axis] })]
}

const unsqueeze: Step = (shape, seed) =>
  shape.length > 3 ? undefined : [Unsqueeze({ axes: [seed % (shape.length + 1)] })]

const relu: Step = () => [ReLU()]

/** A binary layer with a constant that varies along one axis, or none, and has some leading axes. */
const withConstant: Step = (shape, seed) => {
  const rank = 1 + (seed % shape.length)
  const along = seed % rank
  const sizes = Array.from({ length: rank }, (_, i) => (i === along ? (shape.at(i - rank) ?? 1) : 1))
  const layer = [Mul(), Add(), Sub()][seed % 3] as AnyModule
  return [layer, Constant(values(sizes, seed))]
}

const steps: readonly Step[] = [
  linear,
  conv,
  batchNorm,
  batchNorm,
  transpose,
  reshape,
  flatten,
  squeeze,
  unsqueeze,
  withConstant,
  withConstant,
  relu,
]

interface Choice {
  readonly step: number
  readonly seed: number
}

const choices: Arbitrary<readonly Choice[]> = array(
  oneof(
    { weight: 8, arbitrary: integer({ min: 0, max: steps.length - 2 }) },
    { weight: 1, arbitrary: constant(steps.length - 1) },
  ).chain((step) => integer({ min: 0, max: 30 }).map((seed) => ({ step, seed }))),
  { minLength: 3, maxLength: 9 },
)

const starts = constantFrom<Shape>([2, 4, 2, 2], [2, 4, 4], [4, 4], [1, 2, 4, 4])

const shapeAfter = (module: AnyModule, inputs: readonly Shape[]): Shape =>
  inferModule(
    module,
    inputs.map((shape) => ({ dtype: 'float32', shape })),
  )[0]?.shape as Shape

const build = (start: Shape, chosen: readonly Choice[]): GraphModuleOf => {
  const children: Record<string, AnyModule> = {}
  const calls: (readonly [layer: string, constant: string | undefined, first: boolean])[] = []
  let shape = start
  for (const [i, { step, seed }] of chosen.entries()) {
    const [layer, operand] = steps[step]?.(shape, seed) ?? []
    if (layer === undefined) continue
    children[`layer${i}`] = layer
    if (operand !== undefined) children[`c${i}`] = operand
    calls.push([`layer${i}`, operand && `c${i}`, seed % 2 === 0])
    shape = shapeAfter(layer, operand ? [shape, shapeAfter(operand, [])] : [shape])
  }
  const graph = graphModule(children, (m, x) =>
    calls.reduce<Symbolic>((value, [layer, operand, first]) => {
      const call = m[layer] as (...inputs: Symbolic[]) => Symbolic
      const other = operand === undefined ? [] : [(m[operand] as () => Symbolic)()]
      return first ? call(value, ...other) : call(...other, value)
    }, x as Symbolic),
  )
  return stateInputs(graph, [{ dtype: 'float32', shape: start }])
}

const runs = Number(process.env['AFFINE_RUNS'] ?? 300)

test('whatever is taken up on random ways, the model computes the same', async () => {
  let applied = 0
  const property = asyncProperty(starts, choices, async (start, chosen) => {
    const model = build(start, chosen)
    const { model: fused, report } = createPassManager({ plugins: [affine()] }).run(model)
    applied += report.applied.length
    expect(await compareOutputs(model, fused, { inputs: [start] })).toBeUndefined()
  })
  await assert(property, { numRuns: runs, seed: 1 })
  expect(applied).toBeGreaterThan(runs / 4)
})
