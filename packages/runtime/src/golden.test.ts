import * as ir from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { drawn, expectGolden, type GoldenCase, golden, parameter } from '../test/golden.js'
import { run } from './index.js'

type Make = (given: unknown) => ir.AnyModule

const kinds: ReadonlyMap<string, unknown> = new Map(Object.entries(ir))

const build = ({ kind, arguments: given, tensors, dtype }: GoldenCase): ir.AnyModule => {
  const named = Object.entries(tensors).map(([name, shape]) => [name, parameter(name, shape, dtype)])
  const make = kinds.get(kind) as Make
  const all = { ...given, ...Object.fromEntries(named) }
  return make(kind === 'Constant' ? all['value'] : all)
}

const inputsOf = ({ inputs, scale = 1, shift = 0, dtype }: GoldenCase): ir.Tensor[] =>
  inputs.map((shape, k) => drawn(1 + k, shape, dtype, (x) => scale * x + shift))

describe(`the outputs of torch ${golden.torch}`, () => {
  test.each(golden.cases)('$id $arguments $inputs $dtype', async (entry) => {
    const model = build(entry)
    const { outputs, model: after } = await run(model, inputsOf(entry))
    expect(outputs).toHaveLength(1)
    expect(outputs[0]?.dtype).toBe(entry.dtype ?? 'float32')
    await expectGolden(outputs[0], entry.expected)
    expect(after).toBe(model)
  })

  test('cover every kind of one layer', () => {
    const covered = new Set(golden.cases.map(({ kind }) => `nn.${kind}`))
    const containers = ['nn.Sequential', 'nn.GraphModule']
    const known = [...kinds.values()]
      .map((value) => String((value as { kind?: unknown } | undefined)?.kind))
      .filter((name) => name.startsWith('nn.') && !containers.includes(name))
    expect(known.length).toBeGreaterThan(30)
    expect(known.filter((name) => !covered.has(name))).toEqual([])
  })
})
