import { readFileSync } from 'node:fs'
import { elementCount, floatTensor, readValues, type Tensor } from '@nnfuse/ir'
import { expect } from 'vitest'

/** Reads a file that scripts/python/golden_quantization.py has written. */
export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./golden/${name}.json`, import.meta.url), 'utf8'))

/** A float32 tensor of a golden file. */
export interface Encoded {
  readonly shape: readonly number[]
  readonly data: string
}

export const decoded = ({ data }: Encoded): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer)

/** The formula of scripts/python/golden_quantization_inputs.py. */
const value = (seed: number, i: number): number =>
  ((seed * 7919 + i * 104729 + ((i * i) % 1009) * 31) % 2003) / 1024 - 0.978515625

/** A tensor of formula values, each changed by a function. */
export const drawn = (
  seed: number,
  shape: readonly number[],
  change: (value: number, i: number) => number = (x) => x,
): Tensor =>
  floatTensor(
    Float64Array.from({ length: elementCount(shape) }, (_, i) => change(value(seed, i), i)),
    shape,
  )

export const numbersOf = async (tensor: Tensor | null | undefined): Promise<number[]> =>
  Array.from(await readValues(tensor as Tensor), Number)

/** The same shape, and within 1e-5, absolute plus of the largest magnitude. */
export const expectClose = async (actual: Tensor | null | undefined, wanted: Encoded): Promise<void> => {
  expect(actual?.shape).toEqual(wanted.shape)
  const numbers = decoded(wanted)
  const bound = 1e-5 * (1 + Math.max(...Array.from(numbers, Math.abs)))
  const values = await numbersOf(actual)
  const far = [...numbers].flatMap((x, i) =>
    Math.abs((values[i] as number) - x) <= bound ? [] : [`[${i}] ${values[i]} for ${x}`],
  )
  expect(far).toEqual([])
}

/** Where there is no gradient, torch may say so with zeros. */
export const expectGradient = async (actual: Tensor | undefined, wanted: Encoded): Promise<void> => {
  if (actual === undefined) expect(decoded(wanted).every((x) => x === 0)).toBe(true)
  else await expectClose(actual, wanted)
}
