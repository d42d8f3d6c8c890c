import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** What a browser is called where distributions and its makers put it. */
const usualPlaces = [
  ...['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`),
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** `CHROMIUM_PATH` if it is set, else Playwright's own Chromium or the first one at a usual place. */
const chromiumPath: string | undefined = [
  process.env['CHROMIUM_PATH'] ?? [chromium.executablePath(), ...usualPlaces],
]
  .flat()
  .find((path) => existsSync(path))

/** Whether tests can run in a browser. Where they cannot, {@link inChromium} says so in their names. */
export const hasChromium: boolean = chromiumPath !== undefined

const missing = 'no Chromium was found; install it, or set CHROMIUM_PATH to its program'

/** For the name of a test. */
export const inChromium: string = hasChromium ? 'in Chromium' : `in Chromium (SKIPPED: ${missing})`

if (!hasChromium) process.stderr.write(`Tests in a browser are skipped: ${missing}\n`)

/** Starts the browser without a window, with a WebGPU that computes on the processor. */
export const openChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath ?? '',
    // Containers have no sandbox; the pages are ours.
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  })
