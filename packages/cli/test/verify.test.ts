import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { evaluateModels } from '../src/evaluate-models.js'
import type { VerifyResult } from '../src/index.js'
import { noProgress } from '../src/progress.js'
import { foldedAlready, imprecise, picky, unknownOperator, wrongWeight } from './models.js'
import { nnfuse, scratch, shapes, shapesData } from './run-nnfuse.js'

const dynamo = shapes.replace('.onnx', '.dynamo.onnx')

test('two exports of one network agree', async () => {
  const { code, stdout, stderr } = await nnfuse([
    'verify',
    shapes,
    dynamo,
    '--data',
    shapesData,
    '--seed',
    '3',
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/check passed: 4 random batches \[2, 1, 28, 28\] \(seed 3\) and 50 labelled inputs/)
  expect(stdout).toMatch(/accuracy: [\d.]+ % the first, [\d.]+ % the second \(500 labelled inputs/)
})

test('one changed weight is found', async () => {
  const { code, stdout } = await nnfuse(['verify', shapes, await wrongWeight(scratch()), '--json'])
  const result = JSON.parse(stdout) as VerifyResult
  expect(code).toBe(1)
  expect(result.check).toMatchObject({ status: 'failed', outputs: [{ name: 'logits', passed: false }] })
  expect(result.check.relative).toBeGreaterThan(result.check.outputs[0]?.bound ?? 1)
})

test('models with other inputs or outputs cannot be compared', async () => {
  const { code, stdout, stderr } = await nnfuse(['verify', shapes, await foldedAlready(scratch())])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^nnfuse: the models have other inputs: "image" and "x"\n/)
})

test('a first model that cannot be run is bad input', async () => {
  const folder = scratch()
  const unknown = unknownOperator(folder)
  const { code, stderr } = await nnfuse(['verify', unknown, shapes])
  expect(code).toBe(2)
  expect(stderr).toMatch(/^nnfuse: nothing could be compared: ONNX Runtime cannot run unknown\.onnx/)
  const sizes = await nnfuse(['verify', await picky(folder), await picky(folder)])
  expect(sizes.code).toBe(2)
  expect(sizes.stderr).toMatch(/--dim height=SIZE/)
})

test('a second model that cannot be run has failed', async () => {
  const { code, stdout } = await nnfuse(['verify', shapes, unknownOperator(scratch())])
  expect(code).toBe(1)
  expect(stdout).toMatch(/check FAILED: ONNX Runtime cannot run unknown\.onnx/)
})

describe('as a function', () => {
  const options = { seed: 0, sizes: new Map(), weights: [], runs: 1, progress: noProgress }

  test('a model equals its copy, bit for bit, and both are timed', async () => {
    const copy = join(scratch(), 'copy.onnx')
    copyFileSync(shapes, copy)
    const { check, latency, accuracy } = await evaluateModels(shapes, copy, options)
    expect(check).toMatchObject({ status: 'passed', absolute: 0, relative: 0, batches: 4 })
    expect(latency).toMatchObject({
      inputs: [[1, 1, 28, 28]],
      rows: [{ optimizations: 'disabled' }, { optimizations: 'all' }],
    })
    expect(accuracy).toBeUndefined()
  })

  test('the bound follows the weights', async () => {
    const model = await imprecise(scratch())
    const { check } = await evaluateModels(model, model, { ...options, weights: ['float16'] })
    expect(check.outputs[0]?.bound).toBe(1e-2)
  })
})
