import { readFileSync } from 'node:fs'
import { elementCount, floatTensor, readValues, type Tensor } from '@nnfuse/ir'
import { expect } from 'vitest'

/** A tensor as scripts/python/golden_forward.py writes it. */
export interface Encoded {
  readonly shape: readonly number[]
  readonly data: string
}

export interface GoldenCase {
  readonly id: string
  readonly kind: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly tensors: Readonly<Record<string, readonly number[]>>
  readonly inputs: readonly (readonly number[])[]
  readonly scale?: number
  /** Added to the inputs. */
  readonly shift?: number
  readonly dtype?: 'float64'
  readonly expected: Encoded
}

export interface GoldenTraining {
  readonly kind: string
  readonly shape: readonly number[]
  readonly momentum: number | null
  readonly expected: Encoded
  readonly runningMean: Encoded
  readonly runningVar: Encoded
  readonly numBatchesTracked: number
}

interface Golden {
  readonly torch: string
  readonly cases: readonly GoldenCase[]
  readonly training: readonly GoldenTraining[]
  readonly residual: {
    readonly input: readonly number[]
    readonly inference: Encoded
    readonly training: Encoded
    readonly state: Readonly<Record<string, Encoded>>
  }
  readonly hooks: { readonly log: readonly unknown[]; readonly output: readonly number[] }
  readonly failingHooks: { readonly log: readonly unknown[] }
}

export const golden: Golden = JSON.parse(
  readFileSync(new URL('./golden/forward.json', import.meta.url), 'utf8'),
)

/** The formula of scripts/python/golden_forward.py. */
const value = (seed: number, i: number): number =>
  ((seed * 7919 + i * 104729 + ((i * i) % 1009) * 31) % 2003) / 1024 - 0.978515625

/** A tensor of formula values, each changed by a function. */
export const drawn = (
  seed: number,
  shape: readonly number[],
  dtype: 'float32' | 'float64' = 'float32',
  change: (value: number) => number = (x) => x,
): Tensor =>
  floatTensor(
    Float64Array.from({ length: elementCount(shape) }, (_, i) => change(value(seed, i))),
    shape,
    dtype,
  )

export const positive = (x: number): number => 0.25 + 1.5 * Math.abs(x)

const seeds: Readonly<Record<string, number>> = {
  weight: 11,
  bias: 12,
  runningMean: 13,
  runningVar: 14,
  value: 15,
}

/** A weight or statistic of a case. */
export const parameter = (
  name: string,
  shape: readonly number[],
  dtype: 'float32' | 'float64' = 'float32',
): Tensor => drawn(seeds[name] as number, shape, dtype, name === 'runningVar' ? positive : undefined)

const decoded = ({ data }: Encoded, dtype: 'float32' | 'float64'): Float32Array | Float64Array => {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'))
  return dtype === 'float64' ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer)
}

const differences = (
  actual: ArrayLike<number>,
  wanted: Float32Array | Float64Array,
  bound: number,
): string[] =>
  [...wanted].flatMap((x, i) =>
    Math.abs((actual[i] as number) - x) <= bound ? [] : [`[${i}] ${actual[i]} for ${x}`],
  )

/** Compares with torch: the same shape, and within 1e-5 (1e-13 in float64), absolute plus of the largest magnitude. */
export const expectGolden = async (actual: Tensor | undefined, wanted: Encoded): Promise<void> => {
  const dtype = actual?.dtype === 'float64' ? 'float64' : 'float32'
  expect([actual?.dtype, actual?.shape]).toEqual([dtype, wanted.shape])
  const numbers = decoded(wanted, dtype)
  const largest = Math.max(...Array.from(numbers, Math.abs))
  const bound = (dtype === 'float64' ? 1e-13 : 1e-5) * (1 + largest)
  const values = (await readValues(actual as Tensor)) as Float32Array
  expect(values.length).toBe(numbers.length)
  expect(differences(values, numbers, bound)).toEqual([])
}
