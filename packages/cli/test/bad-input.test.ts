import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { npyFile, npyHeader, uint8Npy } from './npy-bytes.js'
import { type Ended, nnfuse, scratch, shapes, shapesData } from './run-nnfuse.js'

/** One message, perhaps a hint; no output, no stack trace. */
const expectRefusal = ({ code, stdout, stderr }: Ended, message: RegExp): void => {
  expect(stderr).toMatch(message)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^nnfuse: [^\n]+\n([^\n]+\n){0,2}$/)
  expect(stderr).not.toMatch(/^\s+at /m)
}

const model = readFileSync(shapes)

describe('a model that is', () => {
  const files: readonly (readonly [name: string, content: Uint8Array | string, message: RegExp])[] = [
    ['empty', '', /model\.onnx"? is empty/],
    ['text', '# Readme\n\nThis is no model.\n', /model\.onnx/],
    ['truncated in the weights', model.subarray(0, model.length >> 1), /model\.onnx/],
    ['truncated at its beginning', model.subarray(0, 100), /model\.onnx/],
    ['without its last byte', model.subarray(0, -1), /model\.onnx/],
  ]
  test.each(files)('%s is refused by every command', async (_, content, message) => {
    const folder = scratch()
    writeFileSync(join(folder, 'model.onnx'), content)
    for (const args of [
      ['fuse', 'model.onnx'],
      ['inspect', 'model.onnx'],
      ['verify', shapes, 'model.onnx'],
    ]) {
      expectRefusal(await nnfuse(args, { cwd: folder }), message)
    }
    expect(readdirSync(folder)).toEqual(['model.onnx'])
  })

  test('not there, or a folder', async () => {
    const folder = scratch()
    expectRefusal(await nnfuse(['fuse', 'nothing.onnx'], { cwd: folder }), /"nothing\.onnx" does not exist/)
    expectRefusal(await nnfuse(['fuse', '.'], { cwd: folder }), /"\." is a directory/)
    expectRefusal(await nnfuse(['inspect', join(shapes, 'x')]), /does not exist/)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('an output', () => {
  const inputIn = (folder: string): string => {
    writeFileSync(join(folder, 'in.onnx'), model)
    return 'in.onnx'
  }

  test('may not be the input, by whatever name', async () => {
    const folder = scratch()
    const input = inputIn(folder)
    symlinkSync('in.onnx', join(folder, 'link.onnx'))
    linkSync(join(folder, 'in.onnx'), join(folder, 'hard.onnx'))
    for (const output of ['in.onnx', './in.onnx', join(folder, 'in.onnx'), 'link.onnx', 'hard.onnx']) {
      expectRefusal(
        await nnfuse(['fuse', input, '-o', output], { cwd: folder }),
        /is a file that the model is read from/,
      )
    }
    expectRefusal(
      await nnfuse(['fuse', 'link.onnx', '-o', 'in.onnx'], { cwd: folder }),
      /is a file that the model is read from/,
    )
    expect(readFileSync(join(folder, 'in.onnx')).equals(model)).toBe(true)
  })

  test('must be a file in a folder that exists', async () => {
    const folder = scratch()
    const input = inputIn(folder)
    mkdirSync(join(folder, 'dir'))
    const run = (output: string) => nnfuse(['fuse', input, '-o', output], { cwd: folder })
    expectRefusal(await run('dir'), /"dir" is a directory/)
    expectRefusal(
      await run('missing/out.onnx'),
      /"missing\/out\.onnx" cannot be written: its folder does not exist/,
    )
    expectRefusal(await run('in.onnx/out.onnx'), /cannot be written: its folder/)
    expectRefusal(await run('/dev/null'), /is a device/)
    expectRefusal(await run(`${'n'.repeat(300)}.onnx`), /cannot be written|name is too long/)
    expect(readdirSync(folder).sort()).toEqual(['dir', 'in.onnx'])
  })

  test('behind a link is written where the link leads', async () => {
    const folder = scratch()
    const input = inputIn(folder)
    mkdirSync(join(folder, 'dir'))
    writeFileSync(join(folder, 'dir/old.onnx'), 'old')
    symlinkSync('dir/old.onnx', join(folder, 'link.onnx'))
    const { code } = await nnfuse(['fuse', input, '-o', 'link.onnx', '--no-latency'], { cwd: folder })
    expect(code).toBe(0)
    expect(readFileSync(join(folder, 'dir/old.onnx')).length).toBeGreaterThan(1000)
    expect(readdirSync(folder).sort()).toEqual(['dir', 'in.onnx', 'link.onnx'])
  })
})

describe('a command line', () => {
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['fuse'], /missing required argument/],
    [['fuse', shapes, shapes], /too many arguments/],
    [['fuse', shapes, '--fast'], /unknown option '--fast'/],
    [['fus', shapes], /unknown command 'fus'/],
    [['verify', shapes], /missing required argument/],
    [['fuse', shapes, '-o'], /argument missing/],
    [['fuse', shapes, '--seed', 'x'], /--seed needs a whole number/],
    [['fuse', shapes, '--runs', '0'], /--runs needs a whole number of at least 1/],
    [['fuse', shapes, '--dim', 'height'], /--dim needs name=size/],
    [['fuse', shapes, '--no-verify', '--data', shapesData], /'--no-verify' cannot be used with/],
    [['fuse', shapes, '--no-verify', '--inputs', '.'], /'--no-verify' cannot be used with/],
  ]
  test.each(cases)('%j', async (args, message) => {
    expectRefusal(await nnfuse(args, { cwd: scratch() }), message)
  })

  test('may only name sizes that the model leaves open', async () => {
    const args = ['fuse', shapes, '--dim', 'height=5', '-o', join(scratch(), 'out.onnx')]
    expectRefusal(await nnfuse(args), /no open input size "height"\nIts open input sizes are "batch"\./)
  })
})

describe('a data folder', () => {
  const pictures = uint8Npy([2, 1, 28, 28], new Array(2 * 28 * 28).fill(0))
  const labels = uint8Npy([2], [0, 1])
  const folders: readonly (readonly [
    name: string,
    inputs: Uint8Array | undefined,
    labels: Uint8Array | undefined,
    RegExp,
  ])[] = [
    ['without inputs', undefined, labels, /inputs\.npy" does not exist/],
    ['without labels', pictures, undefined, /labels\.npy" does not exist/],
    [
      'with text for inputs',
      Buffer.from('1 2 3'),
      labels,
      /inputs\.npy" cannot be used: it is no \.npy file/,
    ],
    [
      'with labels cut off',
      pictures,
      labels.subarray(0, -1),
      /labels\.npy" cannot be used: 2 elements of uint8 take 2 bytes/,
    ],
    ['with too few labels', pictures, uint8Npy([1], [0]), /there are 2 inputs but 1 labels/],
    ['with labels in a square', pictures, uint8Npy([2, 1], [0, 1]), /labels have the shape \[N\]/],
    [
      'with broken labels',
      pictures,
      npyFile(npyHeader('<f4', [2]), new Uint8Array(8)),
      /labels are whole numbers/,
    ],
    [
      'of other pictures',
      uint8Npy([2, 3, 8, 8], new Array(2 * 3 * 8 * 8).fill(0)),
      labels,
      /takes \[batch, 1, 28, 28\]/,
    ],
    ['with one number for inputs', uint8Npy([], [0]), labels, /it holds no inputs/],
    ['with no inputs', uint8Npy([0, 1, 28, 28], []), uint8Npy([0], []), /it holds no inputs/],
  ]
  test.each(folders)('%s is refused', async (_, inputs, answers, message) => {
    const folder = scratch()
    mkdirSync(join(folder, 'data'))
    if (inputs) writeFileSync(join(folder, 'data/inputs.npy'), inputs)
    if (answers) writeFileSync(join(folder, 'data/labels.npy'), answers)
    expectRefusal(
      await nnfuse(['fuse', shapes, '--data', 'data', '-o', 'out.onnx'], { cwd: folder }),
      message,
    )
    expect(readdirSync(folder)).toEqual(['data'])
  })
})

test('NNFUSE_DEBUG shows where it was noticed', async () => {
  const { code, stderr } = await nnfuse(['inspect', 'nothing.onnx'], { env: { NNFUSE_DEBUG: '1' } })
  expect(code).toBe(2)
  expect(stderr).toMatch(/^nnfuse: "nothing\.onnx" does not exist\n/)
  expect(stderr).toMatch(/^\s+at /m)
})
