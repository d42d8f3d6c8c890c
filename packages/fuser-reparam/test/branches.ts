import { Add, type AnyModule, flatten, graphModule, manualSeed, print, type Symbolic } from '@nnfuse/ir'
import { createPassManager } from '@nnfuse/pass-manager'
import { compareOutputs } from '@nnfuse/testing'
import { expect } from 'vitest'
import { reparam } from '../src/index.js'

export const nn = manualSeed(0)

export const fused = (model: AnyModule, mergePointwise = false) => {
  const { model: result, report } = createPassManager({ plugins: [reparam({ mergePointwise })] }).run(model)
  return { result, text: print(result), rules: report.applied.map(({ rule }) => rule), report }
}

const shape = [2, 4, 7, 7]

export const expectSame = async (model: AnyModule, result: AnyModule, ...others: number[][]): Promise<void> =>
  expect(
    await compareOutputs(flatten(model), flatten(result), { inputs: [shape, ...others] }),
  ).toBeUndefined()

/** A sum of branches, in an order and a nesting of its own. */
export type Nested = string | readonly [Nested, Nested]

export const branches = {
  dense: nn.Conv2d(4, 4, 3, { padding: 1 }),
  wide: nn.Conv2d(4, 4, 5, { padding: 2, groups: 2, bias: false }),
  point: nn.Conv2d(4, 4, 1, { groups: 4 }),
  row: nn.Conv2d(4, 4, [1, 3], { padding: [0, 1] }),
  bn: nn.BatchNorm2d(4),
  bn2: nn.BatchNorm2d(4, { affine: false }),
}

const namesIn = (nested: Nested): string[] =>
  typeof nested === 'string' ? [nested] : nested.flatMap((part) => namesIn(part))

export const summed = (nested: Nested, given: Readonly<Record<string, AnyModule>> = branches): AnyModule => {
  const names = namesIn(nested)
  const adds = names.slice(1).map((_, i): [string, AnyModule] => [`add${i}`, Add()])
  const used = Object.entries(given).filter(([name]) => names.includes(name))
  let count = 0
  const build = (
    m: Readonly<Record<string, (...inputs: readonly Symbolic[]) => Symbolic>>,
    part: Nested,
    x: Symbolic,
    y: Symbolic,
  ): Symbolic => {
    if (part === 'x' || part === 'y') return part === 'x' ? x : y
    if (typeof part === 'string') return m[part]?.(x) as Symbolic
    const operands = [build(m, part[0], x, y), build(m, part[1], x, y)]
    count += 1
    return m[`add${count - 1}`]?.(...operands) as Symbolic
  }
  const children = Object.fromEntries([...used, ...adds])
  return names.includes('y')
    ? graphModule(children, (m, x, y) => build(m, nested, x as Symbolic, y as Symbolic))
    : graphModule(children, (m, x) => build(m, nested, x as Symbolic, x as Symbolic))
}
