import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const printed: string[] = []

beforeEach(() => {
  printed.length = 0
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
})

afterEach(() => {
  vi.restoreAllMocks()
})

test('a list of names is one group', async () => {
  await import('../src/coming-from-pytorch.js')
  expect(printed.join('\n')).toMatchInlineSnapshot(`
    "nn.Sequential
      conv1: nni.ConvReLU2d
        0: nn.Conv2d(3 -> 8, 3x3)
        1: nn.ReLU
      bn1: nn.Identity
      relu1: nn.Identity
      submodule: nn.Sequential
        conv: nn.Conv2d(8 -> 4, 1x1)
        relu: nn.ReLU
    1x4x6x6"
  `)
})

test('a list of lists is several groups, one of them in a submodule', async () => {
  await import('../src/coming-from-pytorch-groups.js')
  expect(printed.join('\n')).toMatchInlineSnapshot(`
    "nn.Sequential
      conv1: nni.ConvReLU2d
        0: nn.Conv2d(3 -> 8, 3x3)
        1: nn.ReLU
      bn1: nn.Identity
      relu1: nn.Identity
      submodule: nn.Sequential
        conv: nni.ConvReLU2d
          0: nn.Conv2d(8 -> 4, 1x1)
          1: nn.ReLU
        relu: nn.Identity
    1x4x6x6"
  `)
})
