import { expect, test } from 'vitest'
import { examine } from '../test/fuzz/examine.js'
import { mutate } from '../test/fuzz/mutations.js'
import { randomOf } from '../test/fuzz/random.js'
import { seedModels } from '../test/fuzz/seed-models.js'

// scripts/fuzz-onnx.mjs sets these for more than a test has time for.
const { NNFUSE_FUZZ_COUNT: wanted, NNFUSE_FUZZ_SEED: start } = process.env
const count = Number(wanted ?? 20_000)
const firstSeed = Number(start ?? 0)
const reported = wanted !== undefined

const failureOf = async (seed: number, tally: Map<string, number>): Promise<string | undefined> => {
  const bytes = mutate(seedModels, randomOf(seed))
  try {
    const outcome = await examine(bytes)
    const key = JSON.stringify(outcome)
    tally.set(key, (tally.get(key) ?? 0) + 1)
    if (reported && 'unwritable' in outcome) process.stdout.write(`seed ${seed}: ${key}\n`)
    return undefined
  } catch (error) {
    const { stack, cause } = error as Error
    return `seed ${seed}: ${stack} ${cause ?? ''}\n${Buffer.from(bytes).toString('base64')}`
  }
}

test(`${count} broken files are read, or refused with an error that says why`, async () => {
  const tally = new Map<string, number>()
  const failures = new Map<string, string>()
  for (let seed = firstSeed; seed < firstSeed + count && failures.size < 20; seed += 1) {
    const failure = await failureOf(seed, tally)
    if (failure !== undefined) failures.set(failure.replace(/^.*?: /, '').slice(0, 200), failure)
  }
  if (reported) process.stdout.write(`${JSON.stringify(Object.fromEntries(tally))}\n`)
  expect([...failures.values()]).toEqual([])
  expect(Math.min(tally.get('{"fused":0}') ?? 0, tally.get('{"fused":1}') ?? 0)).toBeGreaterThan(count / 50)
}, 0)
