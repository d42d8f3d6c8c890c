import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { InspectResult } from '../src/index.js'
import { command, nnfuse, scratch, shapes } from './run-nnfuse.js'

/** Reports at the end of the process whether ONNX Runtime was loaded. */
const watch = [
  '--import',
  `data:text/javascript,${encodeURIComponent(
    `import module from 'node:module';
     process.on('exit', () => process.stderr.write(
       Object.keys(module._cache).some((path) => path.includes('onnxruntime')) ? 'LOADED' : 'not loaded'))`,
  )}`,
]

describe('ONNX Runtime', () => {
  test.each([
    ['--version'],
    ['--help'],
    ['rules'],
    ['inspect', shapes],
    ['plan', shapes],
    ['explain', shapes, 'stem.bn'],
    ['fuse', shapes, '--no-verify'],
  ])('is not loaded by %s', async (...args) => {
    const folder = scratch()
    copyFileSync(shapes, join(folder, 'in.onnx'))
    const local = args.map((arg) => (arg === shapes ? join(folder, 'in.onnx') : arg))
    expect((await nnfuse(local, { node: watch })).stderr).toBe('not loaded')
  })

  test('is loaded where a model is run, so that the test above means something', async () => {
    expect((await nnfuse(['verify', shapes, shapes], { node: watch })).stderr).toBe('LOADED')
  })
})

describe('help', () => {
  test('comes with examples and exit code 0', async () => {
    for (const args of [['--help'], ['help']]) {
      const { code, stdout, stderr } = await nnfuse(args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^Usage: nnfuse .*Examples:/s)
    }
  })

  test.each(['fuse', 'plan', 'explain', 'inspect', 'verify', 'rules'])('is there for %s', async (name) => {
    const [help, option] = await Promise.all([nnfuse(['help', name]), nnfuse([name, '--help'])])
    expect(help).toEqual(option)
    expect(help).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(`^Usage: nnfuse ${name}`),
    })
  })

  test('is printed where nothing is asked for, with exit code 2', async () => {
    const { code, stdout, stderr } = await nnfuse([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^Usage: nnfuse/)
  })
})

test('the version is that of the package', async () => {
  const { stdout } = await nnfuse(['--version'])
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

describe('inspect', () => {
  test('prints the tree of layers', async () => {
    const { code, stdout, stderr } = await nnfuse(['inspect', shapes])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.replace(shapes, 'shapes.onnx')).toMatchInlineSnapshot(`
      "shapes.onnx  opset 17
      input   image  float32[batch, 1, 28, 28]
      output  logits  float32[batch, 6]

      layer        kind                  arguments                                     output                      parameters
      pixels       nn.BatchNorm2d        1                                             float32[batch, 1, 28, 28]            4
      stem                                                                                                                208
        conv       nn.Conv2d             1 -> 16, 3x3, padding 1, no bias              float32[batch, 16, 28, 28]         144
        bn         nn.BatchNorm2d        16                                            float32[batch, 16, 28, 28]          64
      relu         nn.ReLU                                                             float32[batch, 16, 28, 28]
      pool         nn.MaxPool2d          2x2, stride 2x2                               float32[batch, 16, 14, 14]
      block1                                                                                                              848
        depthwise                                                                                                         208
          conv     nn.Conv2d             16 -> 16, 3x3, padding 1, groups 16, no bias  float32[batch, 16, 14, 14]         144
          bn       nn.BatchNorm2d        16                                            float32[batch, 16, 14, 14]          64
        relu       nn.ReLU                                                             float32[batch, 16, 14, 14]
        pointwise                                                                                                         640
          conv     nn.Conv2d             16 -> 32, 1x1, no bias                        float32[batch, 32, 14, 14]         512
          bn       nn.BatchNorm2d        32                                            float32[batch, 32, 14, 14]         128
        relu_1     nn.ReLU                                                             float32[batch, 32, 14, 14]
      block2                                                                                                           18,688
        first                                                                                                           9,344
          conv     nn.Conv2d             32 -> 32, 3x3, padding 1, no bias             float32[batch, 32, 14, 14]       9,216
          bn       nn.BatchNorm2d        32                                            float32[batch, 32, 14, 14]         128
        relu       nn.ReLU                                                             float32[batch, 32, 14, 14]
        second                                                                                                          9,344
          conv     nn.Conv2d             32 -> 32, 3x3, padding 1, no bias             float32[batch, 32, 14, 14]       9,216
          bn       nn.BatchNorm2d        32                                            float32[batch, 32, 14, 14]         128
        Add        nn.Add                                                              float32[batch, 32, 14, 14]
        relu_1     nn.ReLU                                                             float32[batch, 32, 14, 14]
      pool_1       nn.MaxPool2d          2x2, stride 2x2                               float32[batch, 32, 7, 7]
      block3                                                                                                           14,064
        conv       nn.Conv2d             32 -> 48, 3x3, padding 1                      float32[batch, 48, 7, 7]        13,872
        bn         nn.BatchNorm2d        48                                            float32[batch, 48, 7, 7]           192
        relu       nn.ReLU                                                             float32[batch, 48, 7, 7]
        Add        nn.Add                                                              float32[batch, 48, 7, 7]
      block4                                                                                                            3,328
        conv       nn.Conv2d             48 -> 64, 1x1, no bias                        float32[batch, 64, 7, 7]         3,072
        bn         nn.BatchNorm2d        64                                            float32[batch, 64, 7, 7]           256
      average      nn.AdaptiveAvgPool2d  1x1                                           float32[batch, 64, 1, 1]
      flatten      nn.Flatten                                                          float32[batch, 64]
      head                                                                                                              9,606
        fc1        nn.Linear             64 -> 128                                     float32[batch, 128]              8,320
        bn         nn.BatchNorm1d        128                                           float32[batch, 128]                512
        relu       nn.ReLU                                                             float32[batch, 128]
        fc2        nn.Linear             128 -> 6                                      float32[batch, 6]                  774

      31 layers, 31 nodes, 46,746 parameters, 194,485 bytes
      "
    `)
  })

  test('gives the same as data', async () => {
    const { stdout } = await nnfuse(['inspect', shapes, '--json'])
    const result = JSON.parse(stdout) as InspectResult
    expect(result.inputs).toEqual([{ name: 'image', type: 'float32[batch, 1, 28, 28]' }])
    expect(result.outputs).toEqual([{ name: 'logits', type: 'float32[batch, 6]' }])
    expect(result.layers.filter(({ kind }) => kind.startsWith('nn.BatchNorm'))).toHaveLength(9)
    expect(result.counts.nodes).toBeGreaterThan(20)
  })
})

describe('rules', () => {
  test('lists both sets', async () => {
    const { code, stdout } = await nnfuse(['rules'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}conv2d-bn +@nnfuse\/fuser-conv-bn +bits +nn\.Conv2d -> nn\.BatchNorm2d$/m)
    expect(stdout).toMatch(/^qat rules/m)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  })

  test('gives the same as data', async () => {
    const { sets } = JSON.parse((await nnfuse(['rules', '--json'])).stdout)
    expect(sets.map(({ name }: { name: string }) => name)).toEqual(['default', 'qat'])
    expect(sets[0].rules).toContainEqual({
      rule: 'conv2d-bn',
      plugin: '@nnfuse/fuser-conv-bn',
      pattern: ['nn.Conv2d', 'nn.BatchNorm2d'],
      exactness: 'bits',
      overrides: [],
    })
  })
})

test('a reader that stops reading is no failure', async () => {
  const child = spawn(process.execPath, [command, 'rules', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += text
  })
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test.skipIf(process.platform === 'win32')('a process that is interrupted leaves nothing behind', async () => {
  const folder = scratch()
  copyFileSync(shapes, join(folder, 'in.onnx'))
  const args = [command, 'fuse', 'in.onnx', '--runs', '1000000']
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' })
  while (readdirSync(folder).length === 1 && child.exitCode === null) await setTimeout(5)
  expect(readdirSync(folder)).toHaveLength(2)
  child.kill('SIGINT')
  const [, signal] = await once(child, 'close')
  expect(signal).toBe('SIGINT')
  expect(readdirSync(folder)).toEqual(['in.onnx'])
})
