import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll } from 'vitest'
import { openChromium } from './chromium.js'

/**
 * Builds a folder with an `index.html` and serves it to a browser, for the tests of the block that calls it.
 *
 * @returns opens the page anew
 */
export const servedPage = (root: string): (() => Promise<Page>) => {
  const outDir = mkdtempSync(join(tmpdir(), 'nnfuse-page-'))
  let server: PreviewServer
  let browser: Browser

  beforeAll(async () => {
    const settings = { root, logLevel: 'error' } as const
    await build({ ...settings, build: { outDir, emptyOutDir: true } })
    server = await preview({ ...settings, build: { outDir }, preview: { port: 0 } })
    browser = await openChromium()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await rm(outDir, { recursive: true, force: true })
  })

  return async () => {
    const page = await browser.newPage()
    await page.goto(server.resolvedUrls?.local[0] as string)
    return page
  }
}
