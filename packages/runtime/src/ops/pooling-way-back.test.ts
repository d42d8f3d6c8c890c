import { floatTensor, MaxPool1d, readValues } from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { Device } from '../device.js'
import { type Loss, valueAndGrad } from '../index.js'
import { maxPoolWithWayBack } from './pooling-way-back.js'

// That gradients are torch's, also where several elements are the largest, is in golden-gradients.test.ts.

/** Its only window looks before and after the input. */
const around = MaxPool1d({ kernelSize: 2, dilation: 4, padding: 1 })

test('is not for a window in which no element lies', async () => {
  const device = await Device.open('wasm')
  const x = device.array(Float32Array.of(1, 2, 3), [1, 1, 3], 'float32')
  expect(maxPoolWithWayBack(around.attrs, x, device)).toBeUndefined()
})

test('such a window gives no gradient to any element', async () => {
  const loss: Loss = ([y]) => (y as NonNullable<typeof y>).sum()
  const x = floatTensor([1, 2, 3], [1, 1, 3])
  const { value, inputGradients } = await valueAndGrad(around, [x], loss, { inputGradients: true })
  expect(value).toBe(Number.NEGATIVE_INFINITY)
  const [gradient] = inputGradients
  expect(gradient === undefined ? [0, 0, 0] : [...(await readValues(gradient))]).toEqual([0, 0, 0])
})
