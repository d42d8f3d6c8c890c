import { readFileSync } from 'node:fs'
import {
  type AnyModule,
  AvgPool2d,
  MaxPool2d,
  manualSeed,
  ReLU,
  readValues,
  Sequential,
  stateInputs,
  type Tensor,
} from '@nnfuse/ir'
import { readOnnx } from '@nnfuse/onnx/node'
import { run } from '@nnfuse/runtime'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile } from '../compiler-pipeline/src/compile.js'
import { type Dispatch, toExecutable } from '../compiler-pipeline/src/executable.js'
import { formatProgram } from '../compiler-pipeline/src/format-program.js'
import { runOnGpu } from '../compiler-pipeline/src/run-on-gpu.js'
import { hasChromium, inChromium, openChromium } from './chromium.js'
import { relativeDifference } from './run-onnx.js'

const { root: shapes } = await readOnnx(new URL('../models/shapes.onnx', import.meta.url).pathname)

test('fused layers are one kernel each', () => {
  expect(formatProgram('unfused', compile(shapes, { batch: 1 }, 'unfused').program)).toContain(': 30 kernels')
  expect(formatProgram('fused', compile(shapes, { batch: 1 }).program)).toMatchInlineSnapshot(`
    "fused: 15 kernels, 3 buffers of 100.4 kB
      pixels                 batch-norm       1x1x28x28 to buffer 1
      stem.conv              conv2d+relu      1x16x28x28 to buffer 0
      pool                   max-pool2d       1x16x14x14 to buffer 1
      block1.depthwise.conv  conv2d+relu      1x16x14x14 to buffer 0
      block1.pointwise.conv  conv2d+relu      1x32x14x14 to buffer 1
      block2.first.conv      conv2d+relu      1x32x14x14 to buffer 0
      block2.second.conv     conv2d+add+relu  1x32x14x14 to buffer 2
      pool_1                 max-pool2d       1x32x7x7 to buffer 1
      block3.conv            conv2d           1x48x7x7 to buffer 2
      block3.bn              batch-norm+relu  1x48x7x7 to buffer 1
      block3.Add             add              1x48x7x7 to buffer 0
      block4.conv            conv2d           1x64x7x7 to buffer 2
      average                global-average   1x64x1x1 to buffer 1
      head.fc1               linear+relu      1x128 to buffer 2
      head.fc2               linear           1x6 to buffer 1"
  `)
})

test('its page in the docs lists the same kernels', () => {
  const page = readFileSync(new URL('../../docs/inside-another-compiler.md', import.meta.url), 'utf8')
  expect(page).toContain(formatProgram('fused', compile(shapes, { batch: 1 }).program))
})

test('a convolution adds and applies its ReLU before it stores an element', async () => {
  const { dispatches } = await toExecutable(compile(shapes, { batch: 1 }).program)
  expect(dispatches.find(({ label }) => label === 'block2.second.conv')?.code).toMatchInlineSnapshot(`
    "@group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> other: array<f32>;
    @group(0) @binding(2) var<storage, read> weight: array<f32>;
    @group(0) @binding(3) var<storage, read> bias: array<f32>;
    @group(0) @binding(4) var<storage, read_write> result: array<f32>;

    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3u) {
      let i = i32(id.x);
      if (i >= 6272) { return; }
      let channel = i / 196 % 32;
      let image = i / 6272;
      var value = bias[channel];
      for (var c = 0; c < 32; c++) {
        let plane = image * 32 + channel / 32 * 32 + c;
        let first = channel * 32 + c;
        for (var tap = 0; tap < 9; tap++) {
          let row = i / 14 % 14 * 1 + tap / 3 * 1 - 1;
          let column = i % 14 * 1 + tap % 3 * 1 - 1;
          if (row < 0 || row >= 14 || column < 0 || column >= 14) { continue; }
          let at = (plane * 14 + row) * 14 + column;
          value += x[at] * weight[first * 9 + tap];
        }
      }
      value += other[i];
      value = max(value, 0.0);
      result[i] = value;
    }
    "
  `)
})

describe.each(['unfused', 'fused'] as const)('the memory of the %s model', (which) => {
  const { steps } = compile(shapes, { batch: 1 }, which).program.attrs

  test('no kernel writes what it reads', () => {
    for (const { inputs, output } of steps) expect(inputs).not.toContain(output)
  })
})

test('a layer without a kernel is named', () => {
  const model = Sequential([AvgPool2d({ kernelSize: 2 }), ReLU()])
  const graph = stateInputs(model, [{ dtype: 'float32', shape: [1, 1, 4, 4] }])
  expect(() => compile(graph, {})).toThrow('there is no kernel, or sizes are unknown, for 0 (nn.AvgPool2d)')
})

describe.skipIf(!hasChromium)(`the shaders run ${inChromium}`, () => {
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    browser = await openChromium()
    page = await browser.newPage()
    await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '' }))
    await page.goto('http://localhost/') // pages from elsewhere have no WebGPU
  })

  afterAll(() => browser?.close())

  const runShaders = async (model: AnyModule, sizes: object, which: 'fused' | 'unfused', input: number[]) => {
    const program = await toExecutable(compile(model, { ...sizes }, which).program)
    const [output] = await page.evaluate(runOnGpu, { program, inputs: [input] })
    return output as number[]
  }

  test.each([
    ['unfused', 1],
    ['fused', 1],
    ['fused', 3],
  ] as const)('the %s model computes the same, for %i pictures', async (which, batch) => {
    const shape = [batch, 1, 28, 28]
    const pictures = Array.from({ length: 784 * batch }, (_, i) => (i * i * 31) % 256)
    const { outputs } = await run(shapes, [{ data: Float32Array.from(pictures), shape }])
    const expected = (await readValues(outputs[0] as Tensor)) as Float32Array
    const shaded = await runShaders(shapes, { batch }, which, pictures)
    expect(relativeDifference(expected, shaded.slice(0, expected.length))).toBeLessThan(1e-5)
  })

  test('strides, dilations, groups and uneven padding are computed', async () => {
    const nn = manualSeed(0)
    const conv = nn.Conv2d(4, 6, [3, 2], {
      stride: [2, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
      dilation: [1, 2],
      groups: 2,
    })
    const pool = MaxPool2d({ kernelSize: 3, stride: 2, padding: 1, ceilMode: true })
    const model = stateInputs(Sequential([conv, ReLU(), pool]), [{ dtype: 'float32', shape: [2, 4, 9, 8] }])
    const data = Float32Array.from({ length: 576 }, (_, i) => Math.sin(i * i))
    const { outputs } = await run(model, [{ data, shape: [2, 4, 9, 8] }])
    const expected = (await readValues(outputs[0] as Tensor)) as Float32Array
    const shaded = await runShaders(model, {}, 'fused', [...data])
    expect(relativeDifference(expected, shaded.slice(0, expected.length))).toBeLessThan(1e-5)
  })

  test('a shader that is none is refused', async () => {
    const program = await toExecutable(compile(shapes, { batch: 1 }).program)
    const [first, ...others] = program.dispatches as [Dispatch, ...Dispatch[]]
    const broken = {
      ...program,
      dispatches: [{ ...first, code: first.code.replace('value', 'price') }, ...others],
    }
    await expect(page.evaluate(runOnGpu, { program: broken, inputs: [[]] })).rejects.toThrow(/pixels:\d+: /)
  })
})
