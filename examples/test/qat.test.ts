import { join } from 'node:path'
import { expect, test } from 'vitest'
import { quantizeEveryWay } from '../qat/quantize-every-way.js'
import { readPictures } from '../qat/read-pictures.js'

const models = join(import.meta.dirname, '../models')

/** Trains for a few steps only; examples/qat/README.md tells what many give. */
const steps = Number(process.env['QAT_STEPS'] ?? 8)

test('training recovers what 4-bit weights lose', { timeout: 3_600_000 }, async () => {
  const pictures = await readPictures(join(models, 'shapes-test'))
  const path = join(models, 'shapes.onnx')
  const { rows, lossBefore, lossAfter } = await quantizeEveryWay(path, pictures, { steps, batchSize: 32 })
  if (steps > 8) process.stdout.write(`${JSON.stringify({ rows, lossBefore, lossAfter }, null, 1)}\n`)
  expect(lossAfter).toBeLessThan(lossBefore)
  const accuracies = new Map(rows.map(({ name, accuracy }) => [name, accuracy]))
  const accuracy = (name: string): number => accuracies.get(name) as number
  const float = accuracy('float')
  expect(float).toBe(0.972)
  expect(accuracy('fused')).toBe(float)
  for (const name of ['linear layers dynamically', 'not trained', 'trained'])
    expect(Math.abs(accuracy(`8 bits, ${name}`) - float)).toBeLessThan(0.02)
  const untrained = accuracy('4-bit weights, not trained')
  expect(untrained).toBeGreaterThan(0.8)
  expect(untrained).toBeLessThan(0.92)
  expect(accuracy('4-bit weights, trained')).toBeGreaterThan(untrained)
  expect(accuracy('4-bit weights, trained, values in float')).toBeGreaterThan(untrained)
  const bytes = rows.map((row) => row.bytes)
  expect(Math.min(...bytes)).toBe(bytes.at(-1))
})
