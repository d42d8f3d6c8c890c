import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.restoreAllMocks()
})

test('calibrate-and-convert prints layers of integers, and the last one in float', async () => {
  const printed: string[] = []
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.join(' ')))
  await import('../src/calibrate-and-convert.js')
  expect(printed.join('\n')).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (conv3)
      conv1: nniq.ConvReLU2d(1 -> 8, 3x3, int8 -127 to 127) : relu.float <- x.quantized
        activation: nn.ReLU
      conv2: nnq.Conv2d(8 -> 8, 3x3, int8 -127 to 127) : conv2.float <- relu
      conv3: nn.Conv2d(8 -> 4, 3x3) : conv3 <- conv2
      x.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : x.quantized <- x
      conv1.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : relu <- relu.float
      conv2.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : conv2 <- conv2.float"
  `)
})
