import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { floatTensor, Linear, Model, manualSeed, ReLU, readBytes, Sequential, type Tensor } from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import { describe, expect, test } from 'vitest'
import type { CompareFilesResult, QuantizeFileResult } from '../src/index.js'
import { foldedAlready, unknownOperator } from './models.js'
import { float32Npy, npyFile, npyHeader } from './npy-bytes.js'
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

  test('quantizes linear layers dynamically, and says why others are left', async () => {
    const output = join(scratch(), 'small.onnx')
    const result = await quantize(shapes, '--dynamic', '-o', output)
    expect(result).toMatchObject({ method: 'dynamic', batches: 0, decibels: null })
    const quantized = result.layers.filter((layer) => layer.quantized)
    expect(quantized.map(({ path }) => path)).toEqual(['head.fc1', 'head.fc2'])
    expect(result.layers.find(({ path }) => path === 'stem.conv')?.reason).toBe(
      'only linear layers are quantized dynamically',
    )
    const compared = await compare(shapes, output, '--data', shapesData)
    expect(rightShare(compared, 'after')).toBeGreaterThan(0.96)
    const { stdout } = await nnfuse(['quantize', shapes, '--dynamic', '--skip', 'head.fc1', '-o', output])
    expect(stdout).toMatch(/^1 of 9 layers quantized, dynamically$/m)
    expect(stdout).toMatch(/^ +head\.fc1 +nni\.LinearReLU +skipped$/m)
    expect(stdout).toMatch(/^ +stem\.conv \.\.\. block4\.conv +7 layers +only linear layers are/m)
  })

  test('weights of 4 bits: half a byte each, if the file can have that', async () => {
    const folder = scratch()
    const shape = [1, 96]
    const inputs = { x: { dtype: 'float32', shape } } as const
    for (const opset of [17, 21]) {
      const model = new Model(Sequential({ fc: manualSeed(0).Linear(96, 100) }))
      writeFileSync(join(folder, `${opset}.onnx`), await serializeOnnx(model, { opset, inputs }))
    }
    const args = ['--weights-only', '--bits', '4'] as const
    const old = await quantize(join(folder, '17.onnx'), ...args)
    expect(old).toMatchObject({ method: 'weights', bits: 4, blockSize: null })
    expect(old.output).toBe(join(folder, '17.int4.onnx'))
    const small = await quantize(join(folder, '21.onnx'), ...args)
    expect(small).toMatchObject({ bits: 4, blockSize: 32 })
    expect(old.after.bytes - small.after.bytes).toBeGreaterThan(96 * 50 - 2 * 400 * 3)
    const print = async (name: string): Promise<string> =>
      (await nnfuse(['quantize', join(folder, name), ...args])).stdout
    expect(await print('17.onnx')).toMatch(/weights only, 4 bits\nthey take a byte each, since opset 17/)
    expect(await print('21.onnx')).toMatch(/weights only, 4 bits, in blocks of 32\n\n/)
  })

  test('a model of 16 bits: its weights, but not its values', async () => {
    const folder = scratch()
    const shape = [1, 8]
    const half = (size: number[], wave: (i: number) => number): Tensor =>
      floatTensor(
        Array.from({ length: size.reduce((a, b) => a * b, 1) }, (_, i) => wave(i)),
        size,
        'float16',
      )
    const model = new Model(
      Sequential({ fc: Linear({ weight: half([4, 8], Math.sin), bias: half([4], Math.cos) }) }),
    )
    const path = join(folder, 'half.onnx')
    writeFileSync(path, await serializeOnnx(model, { inputs: { x: { dtype: 'float16', shape } } }))
    mkdirSync(join(folder, 'samples'))
    writeFileSync(
      join(folder, 'samples/x.npy'),
      npyFile(npyHeader('<f2', shape), await readBytes(half(shape, Math.cos))),
    )
    const { output } = await quantize(path, '--weights-only')
    const { layers } = await compare(path, output, '--data', join(folder, 'samples'))
    expect(layers.at(-1)?.decibels).toBeGreaterThan(30)
    for (const args of [['--dynamic'], ['--calibrate', join(folder, 'samples')]]) {
      await expectError(
        nnfuse(['quantize', path, ...args]),
        /no layer to quantize.*\n.*"fc" \(its numbers are float16, and only float32 values are quantized\)/s,
      )
    }
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

  test('calibrates with inputs that have no labels', async () => {
    const folder = scratch()
    copyFileSync(join(shapesData, 'inputs.npy'), join(folder, 'inputs.npy'))
    const args = ['--calibrate', folder, '-o', join(scratch(), 'small.onnx')]
    const result = await quantize(shapes, ...args)
    expect(result).toMatchObject({ batches: 10 })
    expect(result.decibels).toBeGreaterThan(25)
    const { stdout } = await nnfuse(['compare', shapes, result.output, '--data', folder, '--no-latency'])
    expect(stdout).toMatch(/^accuracy: the data has no labels\.npy/m)
  })

  test('inputs that nothing can be learned from', async () => {
    const folder = scratch()
    const output = join(folder, 'out.onnx')
    const picture = new Array<number>(784).fill(0)
    const cases: readonly (readonly [shape: readonly number[], values: readonly number[], text: RegExp])[] = [
      [[0, 1, 28, 28], [], /its file for "image" holds no inputs/],
      [[1, 1, 28, 28], picture.fill(Number.NaN, 3, 4), /"pixels\.activation_post_process": .* hold NaN/],
    ]
    for (const [shape, values, text] of cases) {
      writeFileSync(join(folder, 'image.npy'), float32Npy(shape, values))
      await expectError(nnfuse(['quantize', shapes, '--calibrate', folder, '-o', output]), text)
    }
    expect(() => readFileSync(output)).toThrow()
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
    await expectError(nnfuse([...given, '--dynamic']), /cannot be used with/)
    await expectError(nnfuse([...given, '--bits', '4']), /--bits is for --weights-only/)
    await expectError(
      nnfuse(['quantize', shapes, '--weights-only', '--bits', '5']),
      /Allowed choices are 4, 8/,
    )
    await expectError(
      nnfuse(['quantize', await foldedAlready(folder), '--dynamic', '-o', output]),
      /has no layer to quantize: a linear layer.*\n.*"0" \(only linear layers are quantized dynamically\)/s,
    )
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

  test('values that are NaN in one model only are nothing left of the signal', async () => {
    const folder = scratch()
    const output = join(folder, 'small.onnx')
    await quantize(shapes, '--calibrate', samples(), '-o', output)
    writeFileSync(join(folder, 'image.npy'), float32Npy([1, 1, 28, 28], new Array(784).fill(Number.NaN)))
    const { layers } = await compare(shapes, output, '--data', folder)
    expect(layers.at(-1)?.decibels).toBe(-100)
    const { stdout } = await nnfuse(['compare', shapes, output, '--data', folder, '--no-latency'])
    expect(stdout).toMatch(/^head\.fc2 +nn\.Linear +lost +0\.00 %$/m)
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
