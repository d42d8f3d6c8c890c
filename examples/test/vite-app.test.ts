import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ReLU, Sequential } from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import { readOnnx } from '@nnfuse/onnx/node'
import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { hasChromium, inChromium } from './chromium.js'
import { servedPage } from './served-page.js'

const root = fileURLToPath(new URL('../vite-app', import.meta.url))
const dynamo = fileURLToPath(new URL('../models/shapes.dynamo.onnx', import.meta.url))

describe.skipIf(!hasChromium)(`the page, built and ${inChromium},`, () => {
  const openPage = servedPage(root)
  let page: Page

  beforeEach(async () => {
    page = await openPage()
    return () => page.close()
  })

  /** The rows of the table below a heading, without its own heading. */
  const rowsBelow = async (heading: string): Promise<string[][]> => {
    const rows = page.locator(`h2:has-text("${heading}") + table tr`)
    await rows.first().waitFor()
    return rows.evaluateAll((all) =>
      all.slice(1).map((row) => [...row.children].map((cell) => cell.textContent)),
    )
  }

  const status = async (): Promise<string | null> => {
    await page.waitForSelector('#result h2, #status.failed')
    return page.textContent('#status')
  }

  test('fuses the example and says what became of it', async () => {
    await page.click('#example')
    expect(await status()).toBe('shapes.onnx: 31 layers became 18')
    expect(await rowsBelow('Size')).toContainEqual(['nodes in the file', '31', '24'])
    expect(await rowsBelow('What was fused')).toContainEqual([
      'linear-bn-relu',
      'head.fc1, head.bn, head.relu',
      'head.fc1 (nni.LinearReLU)',
    ])
    expect((await rowsBelow('What is left')).map(([path, kind]) => [path, kind])).toEqual([
      ['pixels', 'nn.BatchNorm2d'],
      ['block3.bn', 'nn.BatchNorm2d'],
    ])
  })

  test('has both files run by onnxruntime-web, which give the same but for rounding', async () => {
    await page.click('#example')
    const [[output, difference, largest] = [], ...others] = await rowsBelow('Outputs')
    expect([output, others]).toEqual(['logits', []])
    expect(Number(difference) / Number(largest)).toBeLessThan(1e-5)
    expect(Number(difference)).toBeGreaterThan(0) // folded weights are rounded once more
  })

  test('takes a file that is dropped, and gives the fused one', async () => {
    const base64 = readFileSync(dynamo, 'base64')
    const dataTransfer = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], 'dropped.onnx'))
      return transfer
    }, base64)
    await page.dispatchEvent('#drop', 'drop', { dataTransfer })
    expect(await status()).toMatch(/^dropped\.onnx: \d+ layers became \d+$/)
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('text=Save')])
    expect(saved.suggestedFilename()).toBe('dropped.fused.onnx')
    expect((await readOnnx(await saved.path())).notes).toEqual([])
  })

  test('says why it cannot compare', async () => {
    const inputs = { x: { dtype: 'int32', shape: [2] } } as const
    const bytes = await serializeOnnx(Sequential([ReLU()]), { inputs })
    await page.setInputFiles('#file', { name: 'a.onnx', mimeType: '', buffer: Buffer.from(bytes) })
    expect(await status()).toBe('a.onnx: 1 layers became 1')
    expect(await page.textContent('#result')).toContain('"x" is not float32')
  })

  test('says what is wrong with a file that is no model', async () => {
    await page.setInputFiles('#file', { name: 'a.onnx', mimeType: '', buffer: Buffer.from('no model') })
    expect(await status()).toMatch(/^[A-Z_]+: /)
  })
})
