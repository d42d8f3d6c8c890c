import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { float32Npy, npyFile, npyHeader } from '../../test/npy-bytes.js'
import { scratch } from '../../test/run-nnfuse.js'
import { float32Proto } from '../../test/tensor-proto-bytes.js'
import type { ValueInfo } from '../runtime/loaded-model.js'
import { type InputBatches, readInputBatches } from './input-batches.js'
import { listInputFiles } from './input-folder.js'

type Files = Readonly<Record<string, Uint8Array>>

const float = (name: string, ...shape: (number | string)[]): ValueInfo => ({ name, dtype: 'float32', shape })

const write = (files: Files): string => {
  const folder = scratch()
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  return folder
}

const read = async (inputs: readonly ValueInfo[], files: Files): Promise<InputBatches> =>
  readInputBatches(inputs, await listInputFiles(write(files)))

/** The first number of each input in each batch. */
const firsts = ({ batches }: InputBatches): Record<string, number | undefined>[] =>
  batches.map((feeds) =>
    Object.fromEntries(
      [...feeds].map(([name, { bytes }]) => [name, new Float32Array(new Uint8Array(bytes).buffer)[0]]),
    ),
  )

const pair = [float('a', 2), float('b', 2)]

describe('a file is for', () => {
  test.each<[string, readonly ValueInfo[], Files]>([
    [
      'what it is called after',
      pair,
      { 'a.npy': float32Npy([2], [1, 0]), 'b.pb': float32Proto([2], [2, 0]) },
    ],
    [
      'what its number says, whatever a name that no input has',
      pair,
      { 'input_1.pb': float32Proto([2], [2, 0]), 'input_0.pb': float32Proto([2], [1, 0], 'other') },
    ],
    [
      'what its tensor is called after, whatever its number',
      pair,
      { 'input_1.pb': float32Proto([2], [1, 0], 'a'), 'input_0.pb': float32Proto([2], [2, 0], 'b') },
    ],
  ])('%s', async (_, inputs, files) => {
    expect(firsts(await read(inputs, files))).toEqual([{ a: 1, b: 2 }])
  })

  test('a name with characters that no file name has', async () => {
    const inputs = [float('x/y:0', 1), float('z\n', 1)]
    const files = { 'x_y_0.npy': float32Npy([1], [1]), 'z_.pb': float32Proto([1], [2]) }
    expect(firsts(await read(inputs, files))).toEqual([{ 'x/y:0': 1, 'z\n': 2 }])
  })

  test('nothing where it has no input, and is not read then', async () => {
    const nothing = Uint8Array.of(255)
    const files = { 'output_0.pb': nothing, 'other.npy': nothing, 'notes.txt': nothing }
    const more = {
      'input_0.pb': float32Proto([1], [1]),
      'input_7.pb': float32Proto([9], new Array(9).fill(0)),
    }
    expect(firsts(await read([float('x', 1)], { ...files, ...more }))).toEqual([{ x: 1 }])
  })
})

test('each folder is a batch, by name; the first settles the sizes that are open', async () => {
  const result = await read([float('x', 'n', '', 1)], {
    'set_1/x.npy': float32Npy([3, 1, 1], [3, 0, 0]),
    'set_0/x.npy': float32Npy([1, 2, 1], [2, 0]),
    'empty/readme.npy': float32Npy([1], [9]),
  })
  expect(firsts(result)).toEqual([{ x: 2 }, { x: 3 }])
  expect(result.sizes).toEqual(
    new Map([
      ['n', 1],
      ['x.1', 2],
    ]),
  )
})

test('an input whose shape the model does not state has that of the first batch', async () => {
  const files = { 'x.npy': float32Npy([2, 1], [1, 2]), 's/x.npy': float32Npy([3], [3, 4, 5]) }
  const folder = await listInputFiles(write(files))
  const { batches, inputs } = await readInputBatches([float('x')], folder, new Set(['x']))
  expect([batches.length, inputs]).toEqual([2, [float('x', 2, 1)]])
  await expect(readInputBatches([float('x')], folder)).rejects.toThrow(/takes float32\[\]/)
})

describe('refuses', () => {
  const good = float32Npy([2], [1, 2])
  const cases: readonly (readonly [string, readonly ValueInfo[], Files, string, RegExp])[] = [
    ['no file at all', pair, {}, 'NO_INPUT_FILE', /holds no file for the model's input "a"/],
    [
      'no file for one',
      pair,
      { 's/a.npy': good },
      'NO_INPUT_FILE',
      /s" holds no file for the model's input "b"/,
    ],
    [
      'two files for one',
      pair,
      { 'a.npy': good, 'input_0.pb': float32Proto([2], [1, 2]) },
      'BAD_INPUTS',
      /too/,
    ],
    [
      'another dtype',
      pair,
      { 'a.npy': npyFile(npyHeader('<f8', [2]), new Uint8Array(16)) },
      'BAD_INPUTS',
      /it is float64\[2\], and the model's "a" takes float32\[2\]/,
    ],
    [
      'another size',
      [float('a', 'n', 3)],
      { 'a.npy': float32Npy([1, 2], [1, 2]) },
      'BAD_INPUTS',
      /takes .*\[n, 3\]/,
    ],
    ['another rank', [float('a', '', 'm')], { 'a.npy': good }, 'BAD_INPUTS', /takes float32\[\?, m\]/],
    [
      'two sizes for one name',
      [float('a', 'n'), float('b', 'n')],
      { 'a.npy': good, 'b.npy': float32Npy([1], [1]) },
      'BAD_INPUTS',
      /the size "n" is 1 in "b" and 2 elsewhere/,
    ],
    ['a broken .npy', pair, { 'a.npy': good.subarray(0, -1) }, 'BAD_NPY', /a\.npy" cannot be used/],
    [
      'a broken .pb',
      pair,
      { 'input_0.pb': float32Proto([2], [1, 2]).subarray(0, -1) },
      'BAD_INPUTS',
      /input_0\.pb" cannot be used: .*TensorProto/,
    ],
    ['too little data', pair, { 'a.pb': float32Proto([2], [1]) }, 'BAD_INPUTS', /holds 4 bytes/],
    ['inputs for a model without any', [], { 'a.npy': good }, 'BAD_INPUTS', /the model has no inputs/],
  ]
  test.each(cases)('%s', async (_, inputs, files, code, message) => {
    await expect(read(inputs, files)).rejects.toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })

  test('no file, and says what was looked for', async () => {
    await expect(read([float('x/y', 1)], {})).rejects.toMatchObject({
      hint: 'Looked for "x_y.npy", "x_y.pb", "input_0.npy", "input_0.pb".',
    })
  })

  test('a folder that is none', async () => {
    const folder = write({ 'a.npy': good })
    await expect(listInputFiles(join(folder, 'b'))).rejects.toThrow(/b" does not exist/)
    await expect(listInputFiles(join(folder, 'a.npy'))).rejects.toThrow(/a\.npy" is no folder/)
  })
})
