import {
  AdaptiveAvgPool2d,
  Add,
  AvgPool2d,
  BatchNorm2d,
  Cat,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  floatTensor,
  GELU,
  graphModule,
  Hardswish,
  hook,
  LeakyReLU,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  type Tensor,
  train,
  withHooks,
} from '@nnfuse/ir'
import { expect, test, vi } from 'vitest'
import { drawn } from '../test/golden.js'
import type { Loss } from './index.js'

/*
 * jax-js frees nothing that a program forgets to free: its arrays live in one WebAssembly memory, which only
 * grows. So the memory's size after many runs tells whether runs leak. The memory is caught as it is made.
 */

const memories = vi.hoisted(() => {
  const made: WebAssembly.Memory[] = []
  const Original = WebAssembly.Memory
  WebAssembly.Memory = class extends Original {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor)
      made.push(this)
    }
  }
  return made
})

const { run, valueAndGrad } = await import('./index.js')

const size = (): number => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)

const input = drawn(1, [1, 8, 64, 64])

const one = floatTensor(new Float32Array(8).fill(1), [8])

/** Uses the input three times, and every operation that makes arrays in between. */
const layers = {
  conv: Conv2d({ weight: drawn(2, [8, 8, 3, 3]), bias: one, padding: 1, paddingMode: 'reflect' }),
  bn: BatchNorm2d({ numFeatures: 8, weight: one, bias: one, runningMean: one, runningVar: one }),
  relu: ReLU(),
  gelu: GELU(),
  leaky: LeakyReLU(),
  hardswish: Hardswish(),
  dropout: Dropout(),
  pool: MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }),
  average: AvgPool2d({ kernelSize: 2, padding: 1, stride: 1, ceilMode: true }),
  up: ConvTranspose2d({ weight: drawn(3, [8, 8, 2, 2]), bias: one, stride: 2 }),
  linear: Linear({ weight: drawn(4, [66, 66]), bias: drawn(5, [66]) }),
  adaptive: AdaptiveAvgPool2d({ outputSize: 64 }),
  add: Add(),
  cat: Cat(),
}

const everything = graphModule(layers, (m, x) => {
  const y = m.hardswish(m.leaky(m.gelu(m.relu(m.bn(m.conv(x))))))
  const z = m.adaptive(m.linear(m.up(m.average(m.pool(m.dropout(y))))))
  return m.cat(m.add(z, x), m.add(x, x))
})

const grownBy = async (times: number, once: () => Promise<unknown>): Promise<number> => {
  for (let i = 0; i < 4; i += 1) await once()
  const before = size()
  for (let i = 0; i < times; i += 1) await once()
  return size() - before
}

test('many runs need no more memory than a few', async () => {
  const model = train(everything)
  expect(await grownBy(60, () => run(model, [input]))).toBe(0)
  expect(size()).toBeGreaterThan(1e6)
})

test('neither do runs with hooks that replace values', async () => {
  const replace = hook((_module, _inputs, output: Tensor | undefined) => output && { ...output })
  const hooked = withHooks(Sequential([ReLU()]), {
    forwardPre: [hook((_module, [x]) => [x])],
    forward: [replace],
  })
  expect(await grownBy(50, () => run(hooked, [input]))).toBe(0)
})

test('nor runs that fail', async () => {
  const failing = graphModule({ conv: Conv2d({ weight: drawn(2, [8, 9, 3, 3]) }), add: Add() }, (m, x) =>
    m.add(m.conv(m.add(x, x)), x),
  )
  expect(await grownBy(50, () => run(failing, [input]).catch(() => undefined))).toBe(0)
})

test('nor runs with values that nobody uses', async () => {
  const ignoring = graphModule({ relu: ReLU(), add: Add() }, (m, x, _unused) => {
    m.add(x, x)
    return m.relu(x)
  })
  expect(await grownBy(50, () => run(ignoring, [input, input]))).toBe(0)
})

const sum: Loss = ([y]) => (y as NonNullable<typeof y>).sum()

test('nor gradients', async () => {
  const model = train(everything)
  const options = { inputGradients: true }
  expect(await grownBy(20, () => valueAndGrad(model, [input], sum, options))).toBe(0)
})

test('nor gradients of what fails', async () => {
  const failing = Sequential([
    Conv2d({ weight: drawn(2, [8, 8, 3, 3]) }),
    Conv2d({ weight: drawn(2, [8, 9, 3, 3]) }),
  ])
  expect(await grownBy(30, () => valueAndGrad(failing, [input], sum).catch(() => undefined))).toBe(0)
})
