import { floatTensor, type Kind, kind, type Ops, readValues, type Tensor, tensorOf } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { run } from '../index.js'

type Compute = <V>(ops: Ops<V>, x: V) => { readonly outputs: readonly V[] }

const outputsOf = async (compute: Compute, x: Tensor): Promise<number[][]> => {
  const Computed: Kind<'acme.Computed', object, []> = kind('acme.Computed', {
    create: () => ({ attrs: {} }),
    forward: (ops, _module, value) => compute(ops, value),
  })
  const { outputs } = await run(Computed(), [x])
  return Promise.all(outputs.map(async (tensor) => Array.from(await readValues(tensor), Number)))
}

const int8 = (shape: readonly number[], ...numbers: readonly number[]): Tensor =>
  tensorOf('int8', shape, new Uint8Array(Int8Array.from(numbers).buffer))

const grid: Compute = (ops, x) => ({ outputs: ops.dynamicQuantize(x) })

describe('a grid of the values themselves', () => {
  test.each<[name: string, values: number[], integers: number[], scale: number, zeroPoint: number]>([
    ['from the least to the greatest', [-1, 0, 1.5, 254], [0, 1, 3, 255], 1, 1],
    ['holds 0 though all are greater', [51, 510, 100], [26, 255, 50], 2, 0],
    ['holds 0 though all are less', [-51, -510, -100], [229, 0, 205], 2, 255],
    ['has a scale of 1 where all are 0', [0, 0], [0, 0], 1, 0],
    ['rounds ties to even, before the zero point is added', [-1, 0.5, 1.5, 254], [0, 1, 3, 255], 1, 1],
    ['of nothing', [], [], 1, 0],
  ])('%s', async (_, values, integers, scale, zeroPoint) => {
    const found = await outputsOf(grid, floatTensor(values, [values.length]))
    expect(found).toEqual([integers, [scale], [zeroPoint]])
  })
})

const weight = int8([2, 3], 1, 2, 3, -4, 0, 7)

describe('integers times integers', () => {
  test.each([
    ['one zero point', int8([], 1)],
    ['one for each row', int8([2], 1, 1)],
  ])('%s', async (_, zeroPoint) => {
    const compute: Compute = (ops, x) => {
      const [integers, , zero] = ops.dynamicQuantize(x)
      return { outputs: [ops.linearIntegers(integers, zero, { weight, zeroPoint })] }
    }
    const found = await outputsOf(compute, floatTensor([-1, 0, 254], [1, 1, 3]))
    expect(found).toEqual([[2 * 254, 5 + 6 * 254]])
  })

  test('say which shape they need', async () => {
    const compute: Compute = (ops, x) => {
      const [integers, , zero] = ops.dynamicQuantize(x)
      return { outputs: [ops.linearIntegers(integers, zero, { weight, zeroPoint: int8([], 0) })] }
    }
    await expect(outputsOf(compute, floatTensor([1, 2], [1, 2]))).rejects.toThrow(/needs shape \[\.\.\., 3\]/)
  })
})

describe('floats times integers', () => {
  const product = (scale: Tensor, zeroPoint: Tensor, axis: number, blockSize?: number): Compute => {
    const format = blockSize === undefined ? {} : { blockSize }
    return (ops, x) => ({
      outputs: [ops.linearDequantized(x, { weight, scale, zeroPoint, axis, format })],
    })
  }
  const x = floatTensor([1, 10, 100], [1, 3])

  test('a scale for each row', async () => {
    const found = await outputsOf(product(floatTensor([2, 1], [2]), int8([2], 0, 1), 0), x)
    expect(found).toEqual([[2 * 321, -5 - 10 + 600]])
  })

  test('a scale for each block, the last of which is shorter', async () => {
    const scale = floatTensor([1, 2, 4, 8], [2, 2])
    expect(await outputsOf(product(scale, int8([2, 2], 0, 0, 0, 1), 1, 2), x)).toEqual([
      [1 + 20 + 600, -16 + 8 * 600],
    ])
  })

  test('scales that do not fit the blocks are refused', async () => {
    const scale = floatTensor([1, 2, 4, 8, 1, 1], [2, 3])
    const found = outputsOf(product(scale, int8([2, 3], 0, 0, 0, 0, 0, 0), 1, 2), x)
    await expect(found).rejects.toThrow(/scales of blocks of 2 needs shape \[2, 2\], got \[2, 3\]/)
  })
})
