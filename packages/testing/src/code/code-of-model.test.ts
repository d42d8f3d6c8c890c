import * as ir from '@nnfuse/ir'
import { assert, asyncProperty, oneof } from 'fast-check'
import { expect, test } from 'vitest'
import { fingerprint } from '../fingerprint.js'
import {
  arbitraryActivation,
  arbitraryBatchNorm1d,
  arbitraryBatchNorm3d,
  arbitraryConv2d,
  arbitraryConv3d,
  arbitraryConvTranspose1d,
  arbitraryLinear,
  chainOf,
  codeOfModel,
} from '../index.js'

const nn = ir.manualSeed(0)

/** What the code makes, with everything that it can import. */
const made = (code: string): ir.AnyModule => {
  const javascript = code.replaceAll('new Map<string, AnyModule>', 'new Map')
  return new Function(...Object.keys(ir), `return ${javascript}`)(...Object.values(ir))
}

test('the code of a model reads as one would write it', async () => {
  const weight = ir.floatTensor([0.37, -1e-8, 2], [1, 1, 3])
  const model = ir.Sequential([
    ir.Conv1d({ weight, stride: 2, groups: 1 }),
    ir.BatchNorm1d({ numFeatures: 1, runningMean: ir.floatTensor([0.1], [1], 'float64'), eps: 0.1 }),
    ir.LeakyReLU(),
  ])
  expect(await codeOfModel(model)).toMatchInlineSnapshot(`
    "Sequential([
      Conv1d({ weight: floatTensor([0.37, -1e-8, 2], [1, 1, 3]), stride: [2] }),
      BatchNorm1d({ numFeatures: 1, runningMean: floatTensor([0.1], [1], 'float64'), eps: 0.1 }),
      LeakyReLU({ negativeSlope: 0.01 }),
    ])"
  `)
  expect(await codeOfModel(ir.train(model))).toMatch(/^train\(Sequential\(\[\n.*\]\)\)$/s)
})

test('graphs, names, fused layers, constants and a mode of their own', async () => {
  const graph = ir.graphModule(
    {
      "it's": ir.withActivation(nn.Conv2d(1, 1, 1), ir.SiLU()),
      bn: ir.train(nn.BatchNorm2d(1)),
      c: ir.Constant(ir.floatTensor([3], [1], 'int64')),
      pool: ir.MaxPool2d({ kernelSize: 2, stride: 1 }),
      add: ir.Add(),
    },
    (m, x) => m.add(m.pool(m.bn(m["it's"](x))), m.c()),
  )
  const again = made(await codeOfModel(graph))
  expect(ir.print(again)).toBe(ir.print(graph))
  expect(await fingerprint(again)).toEqual(await fingerprint(graph))
})

test('the code of random models makes the same models', async () => {
  const models = oneof(
    chainOf(arbitraryConv2d, arbitraryActivation),
    chainOf(arbitraryConv3d, arbitraryBatchNorm3d),
    chainOf(arbitraryConvTranspose1d, arbitraryBatchNorm1d),
    chainOf(arbitraryLinear, arbitraryBatchNorm1d),
  )
  const same = asyncProperty(models, async ({ model }) => {
    expect(await fingerprint(made(await codeOfModel(model)))).toEqual(await fingerprint(model))
  })
  await assert(same, { seed: 0, numRuns: 60 })
})
