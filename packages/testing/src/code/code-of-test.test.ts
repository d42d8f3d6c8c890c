import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { graphModule, Linear, type NnfuseError, ReLU, Sequential, train } from '@nnfuse/ir'
import type { Arbitrary } from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { AcmeReLU, LinearScale, plugin, Scale } from '../../test/broken-plugin.js'
import {
  arbitraryBatchNorm2d,
  arbitraryConv2d,
  chainOf,
  type Example,
  generate,
  lawsOf,
  layerGenerator,
  type PluginCases,
  plusInput,
  shapesWithAxes,
} from '../index.js'

/*
 * Every counterexample that the kit prints is pasted into a file as a user would, compiled, and run: it must find the
 * same again, and nothing once the rule is repaired.
 */

const folder = fileURLToPath(new URL('../../.cache/pasted/', import.meta.url))
const root = fileURLToPath(new URL('../../../../', import.meta.url))

const arbitraryScale = layerGenerator(shapesWithAxes(2), ([, channels = 1]) =>
  generate((random) => Scale(random.tensor([channels, 1, 1]))),
)
const arbitraryRelu = layerGenerator(shapesWithAxes(2), () => generate(() => AcmeReLU()))

const heldTogether: Arbitrary<Example> = generate((random) => {
  const linear = Linear({ weight: random.tensor([2, 3]), bias: random.tensor([2]) })
  const layers = Sequential({ 'a-b': LinearScale(linear, Scale(random.tensor([2]))), relu: ReLU() })
  const model = graphModule({ layers: train(layers), relu: ReLU() }, (m, x) => m.layers(m.relu(x)))
  return { model, inputs: [[2, 3]] }
})

const cases: PluginCases = {
  'conv2d-bn': { fuses: [chainOf(arbitraryConv2d, arbitraryBatchNorm2d)] },
  'scale-relu': { fuses: [chainOf(arbitraryScale, arbitraryRelu)] },
  'conv2d-add': { fuses: [plusInput(chainOf(arbitraryConv2d))] },
  'twice-relu': { fuses: [{ model: heldTogether, prints: 'something else' }] },
  'conv2d-relu': {
    fuses: [
      chainOf(
        arbitraryConv2d,
        layerGenerator(shapesWithAxes(2), () => generate(() => ReLU())),
      ),
    ],
  },
}

interface Pasted {
  readonly name: string
  readonly message: string
  readonly code: string
}

const counterexamples = async (): Promise<Pasted[]> => {
  const found: Pasted[] = []
  const generators = { 'acme.Scale': arbitraryScale, 'acme.ReLU': arbitraryRelu }
  for (const { name, run } of lawsOf(plugin, cases, { seed: 3, runs: 8, generators })) {
    await run().catch(({ message }: NnfuseError) => {
      const [, code] = /is the one under test\):\n\n(.*)/s.exec(message) ?? []
      if (code !== undefined) found.push({ name, message, code })
    })
  }
  return found
}

const header = `import { test } from 'node:test'\nimport { plugin } from '../../test/broken-plugin.js'\n`

const compile = (): string => {
  const files = [join(folder, 'pasted.test.ts')]
  const compilerOptions = {
    ...{ rootDir: '../..', outDir: 'out', noEmit: false, incremental: false, tsBuildInfoFile: null },
    ...{ noUnusedLocals: true, skipLibCheck: true },
  }
  const config = { extends: '../../../../tsconfig.test.base.json', compilerOptions, files, include: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  return spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout
}

const runPasted = (env: Readonly<Record<string, string>>): string => {
  const file = join(folder, 'out/.cache/pasted/pasted.test.js')
  return spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], {
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
  }).stdout
}

let pasted: readonly Pasted[] = []

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  pasted = await counterexamples()
  const modules = pasted.map(({ code }) => code)
  for (const [i, code] of modules.entries()) writeFileSync(join(folder, `pasted-${i}.ts`), `${header}${code}`)
  writeFileSync(join(folder, 'pasted.test.ts'), modules.map((_, i) => `import './pasted-${i}.js'\n`).join(''))
}, 60_000)

test('each rule breaks a law on random models', () => {
  expect(new Set(pasted.map(({ name }) => name.split(' ')[0]))).toEqual(new Set(Object.keys(cases)))
})

test('the code of their counterexamples compiles, and finds the same again', () => {
  expect(compile()).toBe('')
  const output = runPasted({})
  const first = ({ message }: Pasted): string => (message.split('\n')[0] ?? '').replace(/ by \d.*/, '')
  for (const example of pasted) expect(output).toContain(first(example))
  expect(output).toContain(`# fail ${pasted.length}\n`)
}, 60_000)

test('once the rules are repaired it finds nothing', () => {
  const repaired = pasted.filter(({ name }) => !/as often as stated|printed tree/.test(name))
  expect(runPasted({ REPAIRED: 'yes' })).toContain(`# pass ${repaired.length}\n`)
}, 60_000)
