import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FuseFileResult } from '../src/index.js'
import { foldedAlready, imprecise, normFirst, overridable, picky, unknownOperator } from './models.js'
import { nnfuse, scratch, shapes, shapesData } from './run-nnfuse.js'

const quick = ['--no-latency']

const withoutNumbers = (text: string): string =>
  text.replace(/\b\d[\d,]*(\.\d+)?(e[+-]\d+)?\b/g, '#').replace(/ {2,}/g, '  ')

describe('a model with a test set', () => {
  test('is fused, checked, and reported in one screen', async () => {
    const output = join(scratch(), 'out.onnx')
    const { code, stdout, stderr } = await nnfuse([
      'fuse',
      shapes,
      '--data',
      shapesData,
      '-o',
      output,
      '--runs',
      '3',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(existsSync(output)).toBe(true)
    const report = stdout.replace(output, 'OUT').replace(shapes, 'IN')
    expect(withoutNumbers(report)).toMatchInlineSnapshot(`
      "IN  opset #, # nodes

      rules applied
        conv2d-bn  #  PyTorch's bits
        conv2d-bn-relu  #  PyTorch's bits
        linear-bn-relu  #  PyTorch's bits
        bn2d-relu  #  PyTorch's bits
        # activations are fused, yet stay nodes in the file: ONNX has no node for a layer with its activation.

      size  before  after  change
      nodes  #  #  -# (-# %)
      parameters  #  #  -# (-# %)
      bytes  #  #  -# (-# %)

      looks foldable, was not (# layers)
        pixels  nn.BatchNorm2d
        it comes from "image", an input of the model
        stem.conv (nni.ConvReLU2d): it pads with zeros, where nothing would be added
        block3.bn  nn.BatchNorm2d
        the output of block3.conv is also used by block3.Add
        nothing is moved past block3.relu (nn.ReLU)

      check passed: # random batches [#, #, #, #] (seed #) and # labelled inputs through both models, ONNX Runtime's optimizations off
        ok  logits  largest difference # absolute, # relative (allowed: #)
        relative to the largest value of the output; folding adds the same numbers in another order, which rounds differently
      accuracy: # % before, # % after (# labelled inputs; the same answer to # %)

      latency, as measured here: [#, #, #, #], median of # runs
        before  after  load before  load after
        without ONNX Runtime's own optimizations  # ms  # ms  # ms  # ms
        with ONNX Runtime's own optimizations  # ms  # ms  # ms  # ms

      written  OUT
      "
    `)
    expect(stdout).not.toContain('\x1b')
  })

  test('loses the batch-norms that can go, and no right answer', async () => {
    const output = join(scratch(), 'out.onnx')
    const args = ['fuse', shapes, '--data', shapesData, '-o', output, ...quick, '--json']
    const { code, stdout, stderr } = await nnfuse(args)
    const result = JSON.parse(stdout) as FuseFileResult
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(result.before.nodes - result.after.nodes).toBe(7)
    expect(result.after.bytes).toBe(readFileSync(output).length)
    expect(result.before.bytes).toBe(readFileSync(shapes).length)
    expect(result.left.map(({ path }) => path).sort()).toEqual(['block3.bn', 'pixels'])
    expect(result.check).toMatchObject({
      status: 'passed',
      batches: 4,
      realInputs: 50,
      outputs: [{ name: 'logits', bound: 1e-4 }],
    })
    expect(result.accuracy).toMatchObject({ inputs: 500, same: 500 })
    expect(result.accuracy?.before).toBe(result.accuracy?.after)
    expect(result).not.toHaveProperty('latency')
  })
})

test('the output lies beside the input unless told otherwise, and nothing else does', async () => {
  const folder = scratch()
  copyFileSync(shapes, join(folder, 'my.net.onnx'))
  const { code } = await nnfuse(['fuse', 'my.net.onnx', ...quick], { cwd: folder })
  expect(code).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(['my.net.fused.onnx', 'my.net.onnx'])
})

test('the same input gives the same bytes, with the check and without', async () => {
  const folder = scratch()
  for (const args of [[...quick], ['--no-verify']]) {
    await nnfuse(['fuse', shapes, '-o', join(folder, `${args.join('')}.onnx`), ...args])
  }
  const [a, b] = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
  expect(a?.equals(b ?? Buffer.of())).toBe(true)
})

test('without verifying says so', async () => {
  const { code, stdout } = await nnfuse(['fuse', shapes, '-o', join(scratch(), 'out.onnx'), '--no-verify'])
  expect(code).toBe(0)
  expect(stdout).toContain('NOTHING WAS CHECKED: --no-verify')
})

test('quiet prints nothing', async () => {
  const ended = await nnfuse(['fuse', shapes, '-o', join(scratch(), 'out.onnx'), '-q', ...quick])
  expect(ended).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('a model that the exporter has folded needs one line', async () => {
  const { code, stdout } = await nnfuse(['fuse', await foldedAlready(scratch()), ...quick])
  expect(code).toBe(0)
  expect(stdout).toContain('no batch-norm left to fold: the exporter has folded it already')
})

test('a weight that may be overridden is folded on request only', async () => {
  const input = await overridable(scratch())
  const resultOf = async (...args: readonly string[]): Promise<FuseFileResult> => {
    const { stdout } = await nnfuse(['fuse', input, ...quick, '--json', ...args])
    return JSON.parse(stdout) as FuseFileResult
  }
  const { before, after, left } = await resultOf()
  expect(after.nodes).toBe(before.nodes)
  expect(left[0]?.reasons.join()).toContain('may be overridden')
  expect(await resultOf('--fold-overridable')).toMatchObject({
    after: { nodes: before.nodes - 1 },
    check: { status: 'passed' },
  })
})

describe('how exact fusing must be', () => {
  const resultOf = async (padding: number, exact: string): Promise<FuseFileResult> => {
    const input = await normFirst(scratch(), padding)
    const { stdout } = await nnfuse(['fuse', input, ...quick, '--json', '--exact', exact])
    return JSON.parse(stdout) as FuseFileResult
  }

  test('what is equal in real arithmetic only is left where bits are asked for', async () => {
    expect(await resultOf(0, 'bits')).toMatchObject({ after: { nodes: 2 }, rules: [] })
    expect(await resultOf(0, 'real')).toMatchObject({
      after: { nodes: 1 },
      rules: [{ rule: 'affine-forward', exactness: 'real' }],
      check: { status: 'passed' },
    })
  })

  test('what differs at the border is done on request, and the check notices', async () => {
    expect(await resultOf(1, 'real')).toMatchObject({ after: { nodes: 2 }, rules: [] })
    expect(await resultOf(1, 'border')).toMatchObject({
      after: { nodes: 1 },
      rules: [{ rule: 'affine-forward', exactness: 'border' }],
      check: { status: 'failed' },
    })
  })

  test('another word is refused', async () => {
    const { code, stderr } = await nnfuse(['fuse', shapes, '--exact', 'roughly'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('bits, real, border')])
  })
})

test('notes on nodes can be left out', async () => {
  const written = async (...args: readonly string[]): Promise<Buffer> => {
    const output = join(scratch(), 'out.onnx')
    await nnfuse(['fuse', shapes, '-o', output, '--no-verify', ...args])
    return readFileSync(output)
  }
  expect((await written()).includes('nnfuse.from')).toBe(true)
  expect((await written('--no-metadata')).includes('nnfuse.from')).toBe(false)
})

describe('a check that fails', () => {
  test('leaves nothing, and what was there', async () => {
    const folder = scratch()
    const model = await imprecise(folder)
    const output = join(folder, 'imprecise.fused.onnx')
    const first = await nnfuse(['fuse', model, ...quick])
    expect(first.code).toBe(1)
    expect(first.stdout).toMatch(/check FAILED/)
    expect(first.stdout).toMatch(/DIFFERS/)
    expect(first.stderr).toBe('nnfuse: the check failed: the fused model computes something else\n')
    expect(readdirSync(folder)).toEqual(['imprecise.onnx'])
    writeFileSync(output, 'precious')
    const second = await nnfuse(['fuse', model, '--json', ...quick])
    expect(second.code).toBe(1)
    expect(JSON.parse(second.stdout)).toMatchObject({ output: null, check: { status: 'failed' } })
    expect(readFileSync(output, 'utf8')).toBe('precious')
  })

  test('keeps the output where asked to', async () => {
    const folder = scratch()
    const { code, stdout } = await nnfuse(['fuse', await imprecise(folder), '--keep', ...quick])
    expect(code).toBe(1)
    expect(stdout).toMatch(/although the check failed/)
    expect(existsSync(join(folder, 'imprecise.fused.onnx'))).toBe(true)
  })
})

describe('a model that ONNX Runtime cannot run', () => {
  test('is fused and not checked, and the report says so and why', async () => {
    const folder = scratch()
    const { code, stdout } = await nnfuse(['fuse', unknownOperator(folder)])
    expect(code).toBe(0)
    expect(stdout).toMatch(/NOTHING WAS CHECKED: ONNX Runtime cannot run unknown\.onnx: .*GlobalAveragePoop/s)
    expect(existsSync(join(folder, 'unknown.fused.onnx'))).toBe(true)
  })

  test('at any size that was guessed asks for the size, and takes it', async () => {
    const model = await picky(scratch())
    const guessed = await nnfuse(['fuse', model, ...quick])
    expect(guessed.code).toBe(0)
    expect(guessed.stdout).toMatch(/NOTHING WAS CHECKED/)
    expect(guessed.stdout).toMatch(/--dim height=SIZE --dim width=SIZE/)
    const told = await nnfuse(['fuse', model, ...quick, '--dim', 'height=20', '--dim', 'width=20'])
    expect(told.code).toBe(0)
    expect(told.stdout).toMatch(/check passed: 4 random batches \[2, 1, 20, 20\]/)
  })
})
