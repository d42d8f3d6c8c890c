import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, inChromium, openChromium } from './chromium.js'
import { lossesOf } from './training/losses-of.js'

/* Training for integers, in Node and in a browser, on the processor and on a GPU: the same numbers but for rounding. */

test('the loss falls in Node', async () => {
  const losses = await lossesOf('wasm')
  expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] as number))
})

describe.skipIf(!hasChromium)(`training ${inChromium}`, () => {
  const root = fileURLToPath(new URL('training', import.meta.url))
  const outDir = mkdtempSync(join(tmpdir(), 'nnfuse-training-'))
  let server: PreviewServer
  let browser: Browser

  beforeAll(async () => {
    const settings = { root, configFile: false, logLevel: 'error' } as const
    await build({ ...settings, build: { outDir, emptyOutDir: true } })
    server = await preview({ ...settings, build: { outDir }, preview: { port: 0 } })
    browser = await openChromium()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await rm(outDir, { recursive: true, force: true })
  })

  test.each(['wasm', 'webgpu'] as const)(
    'gives the losses of Node: %s',
    { timeout: 60_000 },
    async (device) => {
      const page = await browser.newPage()
      await page.goto(server.resolvedUrls?.local[0] as string)
      await page.waitForFunction('lossesOf')
      const losses = (await page.evaluate(`lossesOf('${device}')`)) as number[]
      const wanted = await lossesOf('wasm')
      expect(losses.length).toBe(wanted.length)
      for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(wanted[i] as number, 3)
      await page.close()
    },
  )
})
