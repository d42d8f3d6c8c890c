import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Model, manualSeed, ReLU, Sequential } from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import { describe, expect, test } from 'vitest'
import type { CompareFilesResult, QuantizeFileResult } from '../src/index.js'
import { foldedAlready, unknownOperator } from './models.js'
import { float32Npy } from './npy-bytes.js'
import { type Ended, nnfuse, scratch, shapes, shapesData } from './run-nnfuse.js'

const quantize = async (...args: readonly string[]): Promise<QuantizeFileResult> => {
  const { stdout, stderr, code } = await nnfuse(['quantize', ...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as QuantizeFileResult
}

const compare = async (...args: readonly string[]): Promise<CompareFilesResult> => {
  const { stdout, code } = await nnfuse(['compare', ...args, '--json', '--no-latency'])
  expect(code).toBe(0)
  return JSON.parse(stdout) as CompareFilesResult
}

const expectError = async (ended: Promise<Ended>, text: RegExp): Promise<void> => {
  const { code, stdout, stderr } = await ended
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(text)
}

/** Fifty pictures of the test set, in a file called after the model's input. */
const samples = (): string => {
  const folder = scratch()
  const pixels = readFileSync(join(shapesData, 'inputs.npy')).subarray(128, 128 + 50 * 784)
  writeFileSync(join(folder, 'image.npy'), float32Npy([50, 1, 28, 28], [...pixels]))
  return folder
}

const rightShare = ({ accuracy }: CompareFilesResult, which: 'before' | 'after'): number =>
  (accuracy?.[which] ?? 0) / (accuracy?.inputs ?? 1)

describe('nnfuse quantize', { timeout: 120_000 }, () => {
  test('writes a model of integers that answers as the float model does', async () => {
    const output = join(scratch(), 'small.onnx')
    const result = await quantize(shapes, '--calibrate', shapesData, '-o', output)
    expect(result).toMatchObject({ input: shapes, output, batches: 10, perChannel: true })
    expect(result.layers.map(({ quantized }) => quantized)).toEqual(new Array(9).fill(true))
    expect(result.decibels).toBeGreaterThan(25)
    expect(result.after.bytes).toBe(readFileSync(output).length)
    expect(result.after.bytes).toBeLessThan(0.5 * result.before.bytes)
    const compared = await compare(shapes, output, '--data', shapesData)
    expect(rightShare(compared, 'before')).toBe(0.972)
    expect(rightShare(compared, 'after')).toBeGreaterThan(0.96)
    expect(compared.layers.length).toBeGreaterThan(15)
    expect(compared.layers.at(-1)).toMatchObject({ path: 'head.fc2', kind: 'nn.Linear' })
    for (const { decibels } of compared.layers) expect(decibels).toBeGreaterThan(20)
  })

  test('tells which layers cost most, the worst first', async () => {
    const output = join(scratch(), 'small.onnx')
    const args = [shapes, '--calibrate', samples(), '-o', output, '--sensitivity']
    const { sensitivity = [] } = await quantize(...args)
    const decibels = sensitivity.map((row) => row.decibels as number)
    expect(sensitivity).toHaveLength(9)
    expect(decibels).toEqual([...decibels].sort((a, b) => a - b))
    expect(decibels[0]).toBeGreaterThan(25)
    const { stdout } = await nnfuse(['quantize', ...args])
    expect(stdout).toMatch(/^9 of 9 layers quantized, calibrated with 1 batch$/m)
    expect(stdout).toMatch(/^the most sensitive come first; --skip [\w.]+ leaves that one in float$/m)
  })

  test('leaves layers in float: some, all in one, the first and the last', async () => {
    const output = join(scratch(), 'small.onnx')
    const args = [shapes, '--calibrate', samples(), '-o', output]
    const { layers } = await quantize(...args, '--skip', 'block2', '--skip-first', '--skip-last')
    const floats = layers.filter(({ quantized }) => !quantized)
    expect(floats).toEqual([
      { path: 'stem.conv', kind: 'nni.ConvReLU2d', quantized: false, reason: 'skipped' },
      { path: 'block2.first.conv', kind: 'nni.ConvReLU2d', quantized: false, reason: 'skipped' },
      { path: 'block2.second.conv', kind: 'nn.Conv2d', quantized: false, reason: 'skipped' },
      { path: 'head.fc2', kind: 'nn.Linear', quantized: false, reason: 'skipped' },
    ])
  })

  test('quantizes weights without any inputs', async () => {
    const output = join(scratch(), 'small.onnx')
    const result = await quantize(shapes, '--weights-only', '-o', output)
    expect(result).toMatchObject({ batches: 0, decibels: null })
    expect(result.after.bytes).toBeLessThan(0.5 * result.before.bytes)
    const compared = await compare(shapes, output, '--data', shapesData)
    expect(rightShare(compared, 'after')).toBeGreaterThan(0.96)
  })

  test('calibrates with a file for each input, and names the output itself', async () => {
    const folder = scratch()
    const model = await foldedAlready(folder)
    const values = Array.from({ length: 128 }, (_, i) => Math.sin(i))
    mkdirSync(join(folder, 'samples'))
    writeFileSync(join(folder, 'samples/x.npy'), float32Npy([2, 1, 8, 8], values))
    const { code, stdout } = await nnfuse(['quantize', model, '--calibrate', join(folder, 'samples')])
    expect(code).toBe(0)
    expect(stdout).toMatch(/1 of 1 layer quantized, calibrated with 1 batch\n/)
    expect(readFileSync(join(folder, 'folded.int8.onnx')).length).toBeGreaterThan(0)
  })

  test('a file of an old opset gets one scale a layer, and is told so', async () => {
    const folder = scratch()
    const seeded = manualSeed(0)
    const inputs = { x: { dtype: 'float32', shape: [1, 1, 8, 8] } } as const
    const model = new Model(Sequential([seeded.Conv2d(1, 2, 3), ReLU()]))
    writeFileSync(join(folder, 'old.onnx'), await serializeOnnx(model, { opset: 12, inputs }))
    mkdirSync(join(folder, 'samples'))
    const values = Array.from({ length: 64 }, (_, i) => Math.sin(i))
    writeFileSync(join(folder, 'samples/x.npy'), float32Npy([1, 1, 8, 8], values))
    const args = [join(folder, 'old.onnx'), '--calibrate', join(folder, 'samples')]
    expect(await quantize(...args)).toMatchObject({ perChannel: false, opset: 12 })
    const { stdout } = await nnfuse(['quantize', ...args])
    expect(stdout).toMatch(/^one scale a layer, since opset 12 has none for each channel/m)
  })

  test('bad usage and bad input', async () => {
    const folder = scratch()
    const output = join(folder, 'out.onnx')
    await expectError(nnfuse(['quantize', shapes, '-o', output]), /needs --calibrate with a folder/)
    const given = ['quantize', shapes, '--calibrate', shapesData]
    await expectError(
      nnfuse([...given, '--skip', 'stem.con', '-o', output]),
      /no layer with a weight at "stem\.con"\n.*"stem\.conv"/s,
    )
    await expectError(nnfuse([...given, '-o', shapes]), /is a file that the model is read from/)
    await expectError(nnfuse([...given, '--weights-only']), /cannot be used with/)
    await expectError(
      nnfuse(['quantize', shapes, '--calibrate', join(folder, 'none'), '-o', output]),
      /does not exist/,
    )
    await expectError(
      nnfuse(['quantize', await foldedAlready(folder), '--weights-only', ...['--skip', '0', '-o', output]]),
      /has no layer to quantize/,
    )
    expect(() => readFileSync(output)).toThrow()
  })
})

describe('nnfuse compare', { timeout: 120_000 }, () => {
  test('a file equals itself', async () => {
    const { layers, accuracy } = await compare(shapes, shapes, '--data', shapesData)
    expect(accuracy).toMatchObject({ before: 486, after: 486, same: 500 })
    expect(layers.every(({ decibels, added }) => decibels === null && added === 0)).toBe(true)
  })

  test('prints layers, sizes, accuracy and times', async () => {
    const { code, stdout } = await nnfuse(['compare', shapes, shapes, '--data', shapesData, '--runs', '3'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^head\.fc2 +nn\.Linear +equal +0\.00 %$/m)
    expect(stdout).toMatch(/^bytes +194,485 +194,485 +same$/m)
    expect(stdout).toMatch(/^accuracy: 97\.20 % the first, 97\.20 % the second/m)
    expect(stdout).toMatch(/^latency: [\d.]+ ms the first, [\d.]+ ms the second \(median of 3 runs/m)
    expect(stdout).not.toMatch(/most noise/)
  })

  test('bad usage and bad input', async () => {
    const folder = scratch()
    await expectError(nnfuse(['compare', shapes, shapes]), /required option '--data <folder>'/)
    await expectError(
      nnfuse(['compare', shapes, await foldedAlready(folder), '--data', shapesData]),
      /the models have other inputs/,
    )
    await expectError(
      nnfuse(['compare', shapes, unknownOperator(folder), '--data', shapesData]),
      /ONNX Runtime cannot run unknown\.onnx/,
    )
  })
})
