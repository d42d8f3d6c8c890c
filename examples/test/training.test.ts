import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { hasChromium, inChromium } from './chromium.js'
import { servedPage } from './served-page.js'
import { lossesOf } from './training/losses-of.js'

/* Training for integers, in Node and in a browser, on the processor and on a GPU: the same numbers but for rounding. */

test('the loss falls in Node', async () => {
  const losses = await lossesOf('wasm')
  expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] as number))
})

describe.skipIf(!hasChromium)(`training ${inChromium}`, () => {
  const openPage = servedPage(fileURLToPath(new URL('training', import.meta.url)))

  test.each(['wasm', 'webgpu'] as const)(
    'gives the losses of Node: %s',
    { timeout: 60_000 },
    async (device) => {
      const page = await openPage()
      await page.waitForFunction('lossesOf')
      const losses = (await page.evaluate(`lossesOf('${device}')`)) as number[]
      const wanted = await lossesOf('wasm')
      expect(losses.length).toBe(wanted.length)
      for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(wanted[i] as number, 3)
      await page.close()
    },
  )
})
