import { join } from 'node:path'
import { expect, test } from 'vitest'
import { quantizeFourWays } from '../qat/quantize-four-ways.js'
import { readPictures } from '../qat/read-pictures.js'

const models = join(import.meta.dirname, '../models')

/** Trains for a few steps only; examples/qat/README.md tells what many give. */
const steps = Number(process.env['QAT_STEPS'] ?? 8)

test('training recovers what 4-bit weights lose', { timeout: 3_600_000 }, async () => {
  const pictures = await readPictures(join(models, 'shapes-test'))
  const path = join(models, 'shapes.onnx')
  const { rows, lossBefore, lossAfter } = await quantizeFourWays(path, pictures, { steps, batchSize: 32 })
  if (steps > 8) process.stdout.write(`${JSON.stringify({ rows, lossBefore, lossAfter }, null, 1)}\n`)
  expect(lossAfter).toBeLessThan(lossBefore)
  const [float, fused, int8, four, trained] = rows.map(({ accuracy }) => accuracy) as [
    number,
    number,
    number,
    number,
    number,
  ]
  expect(float).toBe(0.972)
  expect(fused).toBe(float)
  expect(Math.abs(int8 - float)).toBeLessThan(0.01)
  expect(four).toBeGreaterThan(0.8)
  expect(four).toBeLessThan(0.92)
  expect(trained).toBeGreaterThan(four)
})
