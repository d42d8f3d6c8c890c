import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** Code in a page that says which file it is. */
const namedSnippets = (page: string): [file: string, code: string][] =>
  [...read(page).matchAll(/<!-- The file that this is: (\S+)\. .*?-->\n\n```ts\n(.*?)```/gs)].map(
    ([, file = '', code = '']) => [file, code],
  )

const pages = [
  'README.md',
  ...readdirSync(new URL('docs', root)).flatMap((file) => (file.endsWith('.md') ? [`docs/${file}`] : [])),
  ...readdirSync(new URL('packages', root)).map((folder) => `packages/${folder}/README.md`),
]

describe.each(pages)('%s', (page) => {
  test('shows its programs as they are', () => {
    for (const [file, code] of namedSnippets(page)) expect(code).toBe(read(file))
  })

  test('names the file of every TypeScript snippet', () => {
    expect(read(page).match(/```ts\n/g) ?? []).toHaveLength(namedSnippets(page).length)
  })
})

describe('the programs run', () => {
  const printed: string[] = []
  const here = process.cwd()

  beforeEach(() => {
    printed.length = 0
    process.chdir(new URL('examples', root).pathname)
    mkdirSync('out', { recursive: true })
    vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.join(' ')))
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
    expect(printed.filter((line) => line.includes(' stays: '))).toMatchInlineSnapshot(`
      [
        "pixels stays: it comes from "image", an input of the model; stem.conv (nni.ConvReLU2d): it pads with zeros, where nothing would be added",
        "block3.bn stays: the output of block3.conv is also used by block3.Add; nothing is moved past block3.relu (nn.ReLU)",
      ]
    `)
  })

  test('copy-a-file gives the same bytes', async () => {
    await import('../src/copy-a-file.js')
    expect(readFileSync('out/copy.onnx').equals(readFileSync('models/shapes.onnx'))).toBe(true)
  })

  test('fuse-with-the-command checks what it writes', async () => {
    await import('../src/fuse-with-the-command.js')
    expect(printed.join('\n')).toContain('check passed')
  })

  test.each([
    ['fuse-everything', 'nni.ConvReLU2d'],
    ['fuse-for-a-backend', 'conv: nni.ConvAddReLU2d : relu <- x, x'],
    ['residual-block', 'block.add: nn.Add : block.add <- block.bn, stem'],
    ['merge-branches', 'dense.conv: nni.ConvReLU2d : relu <- x'],
    ['a-rule', 'conv2d-dropout: 0, 1'],
    ['a-plugin', 'conv2d-dropout: 0, 2'],
    ['quantize-without-inputs', 'nniqd.LinearReLU(64 -> 32, int8 -127 to 127, dynamic)'],
    ['write-a-model', ' bytes'],
    ['run-a-model', 'true'],
    [
      'fuse-with-plugins',
      '@nnfuse/fuser-affine, @nnfuse/simplify, @acme/nnfuse-plugin-scale, @acme/nnfuse-plugin-swiglu',
    ],
    ['check-an-example', 'conv2d-dropout computes the same'],
    ['getting-started', '8 fused, 2 left'],
    ['how-exact', 'only what keeps bits: conv2d-bn 2'],
    ['prepare-and-convert', 'conv: nniq.ConvReLU2d(1 -> 8, 3x3, int8 -127 to 127)'],
  ])('%s prints %s', async (program, expected) => {
    await import(`../src/${program}.ts`)
    expect(printed.join('\n')).toContain(expected)
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
