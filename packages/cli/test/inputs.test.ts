import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FuseFileResult, fuseFile, verifyFiles } from '../src/index.js'
import { equalUpToSix, imprecise, shapeless, twoInputs } from './models.js'
import { float32Npy } from './npy-bytes.js'
import { nnfuse, scratch, shapes, shapesData } from './run-nnfuse.js'
import { float32Proto } from './tensor-proto-bytes.js'

const ramp = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(i))

/** Two batches for {@link twoInputs}, as ONNX's test data lie in folders. */
const testData = (folder: string): string => {
  for (const [batch, size] of [4, 5].entries()) {
    const place = join(folder, 'data', `test_data_set_${batch}`)
    const shape = [3, 1, size, size]
    mkdirSync(place, { recursive: true })
    for (const i of [0, 1]) {
      writeFileSync(join(place, `input_${i}.pb`), float32Proto(shape, ramp(3 * size * size)))
    }
    writeFileSync(join(place, 'output_0.pb'), 'never read')
  }
  return join(folder, 'data')
}

describe('real inputs', () => {
  test('are compared beside random ones of their sizes', async () => {
    const folder = scratch()
    const model = await twoInputs(folder, ['a/b', 'c'])
    testData(folder)
    const { code, stdout, stderr } = await nnfuse(['verify', model, model, '--inputs', 'data'], {
      cwd: folder,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(
      '4 random batches [3, 1, 4, 4], [3, 1, 4, 4] (seed 0) and 2 batches of inputs from data through both models',
    )
  })

  test('go with labelled ones', async () => {
    const folder = scratch()
    writeFileSync(join(folder, 'image.npy'), float32Npy([3, 1, 28, 28], ramp(3 * 28 * 28)))
    const args = ['fuse', shapes, '--inputs', '.', '--data', shapesData, '-o', 'out.onnx', '--no-latency']
    const { code, stdout, stderr } = await nnfuse(args, { cwd: folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(
      '[3, 1, 28, 28] (seed 0), 50 labelled inputs and 1 batch of inputs from . through both models',
    )
  })

  test('find what random ones do not', async () => {
    const folder = scratch()
    const [all, upToSix] = await equalUpToSix(folder)
    expect((await verifyFiles(all, upToSix)).check.status).toBe('passed')
    writeFileSync(join(folder, 'x.npy'), float32Npy([1, 2], [1, 7]))
    const { check } = await verifyFiles(all, upToSix, { inputs: folder })
    expect(check).toMatchObject({ status: 'failed', absolute: 1, inputFiles: { folder, batches: 1 } })
  })
})

test('give the shapes that the model does not state', async () => {
  const folder = scratch()
  const model = await shapeless(folder)
  writeFileSync(join(folder, 'x.npy'), float32Npy([1, 1, 3, 3], ramp(9)))
  expect((await fuseFile(model, { runs: 0 })).check?.status).toBe('unchecked')
  const { check } = await fuseFile(model, { runs: 1, inputs: folder })
  expect(check).toMatchObject({ status: 'passed', inputs: [{ shape: [1, 1, 3, 3] }] })
})

test('what is wrong with them is bad input, and nothing is written', async () => {
  const folder = scratch()
  const model = await imprecise(folder)
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data/x.npy'), float32Npy([1, 1, 4, 5], ramp(20)))
  const run = (inputs: string) => nnfuse(['fuse', model, '--inputs', inputs, '--keep'], { cwd: folder })
  expect(await run('data')).toEqual({
    code: 2,
    stdout: '',
    stderr: `nnfuse: "data/x.npy" cannot be used: it is float32[1, 1, 4, 5], and the model's "x" takes float32[n, 1, 4, 4]\nSave it in that shape.\n`,
  })
  expect(await run('nothing')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/"nothing" does not exist/),
  })
  expect(readdirSync(folder).sort()).toEqual(['data', 'imprecise.onnx'])
})

test('the result says how many there were', async () => {
  const folder = scratch()
  const model = await twoInputs(folder, ['a', 'b'])
  const args = ['fuse', model, '--inputs', testData(folder), '--no-latency', '--json']
  const result = JSON.parse((await nnfuse(args)).stdout) as FuseFileResult
  expect(result.check).toMatchObject({
    status: 'passed',
    batches: 4,
    realInputs: 0,
    inputFiles: { folder: join(folder, 'data'), batches: 2 },
  })
})
