import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** Code in a page that says which file it is. */
const namedSnippets = (page: string): [file: string, code: string][] =>
  [...read(page).matchAll(/<!-- The file that this is: (\S+)\. .*?-->\n\n```ts\n(.*?)```/gs)].map(
    ([, file = '', code = '']) => [file, code],
  )

test.each(namedSnippets('README.md'))('the README shows %s as it is', (file, code) => {
  expect(code).toBe(read(file))
})

test('every TypeScript snippet of the README names its file', () => {
  expect(read('README.md').match(/```ts\n/g)).toHaveLength(namedSnippets('README.md').length)
})

describe('the programs run', () => {
  const printed: string[] = []
  const here = process.cwd()

  beforeEach(() => {
    printed.length = 0
    process.chdir(new URL('examples', root).pathname)
    mkdirSync('out', { recursive: true })
    vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
  })

  afterEach(() => {
    vi.restoreAllMocks()
    process.chdir(here)
  })

  test('fuse-a-file writes the fused model and says what stays', async () => {
    rmSync('out/shapes.fused.onnx', { force: true })
    await import('../src/fuse-a-file.js')
    expect(existsSync('out/shapes.fused.onnx')).toBe(true)
    expect(printed).toContain('conv2d-bn-relu: stem.conv, stem.bn, relu')
    expect(printed.filter((line) => line.includes(' stays: '))).toMatchInlineSnapshot()
  })

  test('fuse-by-name prints the fused tree', async () => {
    await import('../src/fuse-by-name.js')
    expect(printed.join('\n')).toMatchInlineSnapshot(`
      "nn.Sequential
        conv: nni.ConvReLU2d
          0: nn.Conv2d(3 -> 16, 3x3, padding 1)
          1: nn.ReLU
        bn: nn.Identity
        relu: nn.Identity"
    `)
  })
})
