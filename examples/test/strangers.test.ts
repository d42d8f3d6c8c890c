import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FuseFileResult, RuleSet } from '@nnfuse/cli'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalRegistry, startRegistry } from './strangers/local-registry.js'
import { npmSettings, runOutside } from './strangers/run-outside.js'

/*
 * What a stranger does with our packages, in folders outside of this repository, from tarballs as npm would serve them,
 * with plain npm. Needs no network: a registry on this machine serves our packages, and those of others that are
 * installed here.
 */

const root = fileURLToPath(new URL('../../', import.meta.url))
const here = fileURLToPath(new URL('strangers/', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')

const world = mkdtempSync(join(tmpdir(), 'nnfuse-strangers-'))
const pluginFolder = join(world, 'plugin')
const userFolder = join(world, 'user')

const aMinute = 60_000
let registry: LocalRegistry

const npm = (folder: string, ...args: string[]): Promise<string> =>
  runOutside(folder, 'npm', args, npmSettings(registry.url, join(world, 'cache')))

const nnfuse = (...args: string[]): Promise<string> =>
  runOutside(userFolder, process.execPath, ['node_modules/@nnfuse/cli/bin/nnfuse.mjs', ...args])

interface Packed {
  readonly filename: string
}

const packOurs = (): string[] => {
  const folder = join(world, 'packed')
  mkdirSync(folder)
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/pack.mjs'), folder], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout).map(({ filename }: Packed) => filename)
}

beforeAll(async () => {
  registry = await startRegistry()
  for (const tarball of packOurs()) registry.publish(tarball)
}, aMinute)

afterAll(async () => {
  registry.close()
  await rm(world, { recursive: true, force: true })
}, aMinute)

describe("a stranger's plugin", () => {
  test(
    'is compiled against the published types, keeps the laws, and is packed',
    async () => {
      cpSync(join(root, 'examples/third-party-plugin'), pluginFolder, {
        recursive: true,
        filter: (path) => !/node_modules|dist/.test(path.slice(root.length)),
      })
      await npm(pluginFolder, 'install')
      await npm(pluginFolder, 'run', 'typecheck')
      const strict = ['run', 'typecheck', '--', '--skipLibCheck', 'false', '--lib', 'esnext,dom']
      await npm(pluginFolder, ...strict) // our declarations, and what they import
      expect(await npm(pluginFolder, 'test')).toMatch(/Tests .*\d+ passed/)
      const [packed] = JSON.parse(await npm(pluginFolder, 'pack', '--json', '--silent')) as Packed[]
      registry.publish(join(pluginFolder, (packed as Packed).filename))
    },
    2 * aMinute,
  )

  test(
    'is installed beside the command, which fuses a model with it',
    async () => {
      mkdirSync(userFolder)
      writeFileSync(join(userFolder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
      cpSync(join(here, 'make-model.mjs'), join(userFolder, 'make-model.mjs'))
      await npm(userFolder, 'install', '--ignore-scripts', '@nnfuse/cli', 'nnfuse-plugin-squared-relu')
      await runOutside(userFolder, process.execPath, ['make-model.mjs'])
      expect(await fusedWithPlugin()).toEqual(expectedReport)
    },
    2 * aMinute,
  )

  test('is listed with what it overrides', async () => {
    const { sets } = JSON.parse(await nnfuse('rules', '--plugin', 'nnfuse-plugin-squared-relu', '--json'))
    const [chosen] = sets as RuleSet[]
    expect(chosen?.rules.find(({ rule }) => rule === 'dense-conv2d-relu')).toEqual({
      rule: 'dense-conv2d-relu',
      plugin: 'nnfuse-plugin-squared-relu',
      pattern: ['nn.Conv2d', 'nn.ReLU'],
      exactness: 'bits',
      overrides: ['conv2d-relu'],
    })
    expect(chosen?.passes.find(({ plugin }) => plugin === 'nnfuse-plugin-squared-relu')).toMatchObject({
      pass: 'drop-idle-relu',
      eachRound: true,
    })
  })

  test('is given options by a configuration in TypeScript, which type-checks', async () => {
    const config = `
      import { defineConfig } from '@nnfuse/cli'
      import squaredReLU, { type SquaredReLUOptions } from 'nnfuse-plugin-squared-relu'

      const options: SquaredReLUOptions = { depthwise: true }
      export default defineConfig({ plugins: [squaredReLU(options)] })
    `
    writeFileSync(join(userFolder, 'nnfuse.config.ts'), config)
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', '']
    await runOutside(userFolder, process.execPath, [tsc, ...flags, 'nnfuse.config.ts'])
    const { rules } = await fused()
    expect(rules.find(({ rule }) => rule === 'dense-conv2d-relu')?.times).toBe(2)
    rmSync(join(userFolder, 'nnfuse.config.ts'))
  })

  test('works with copies of our packages of its own', async () => {
    const own = join(userFolder, 'node_modules/nnfuse-plugin-squared-relu/node_modules/@nnfuse')
    for (const name of ['ir', 'matcher', 'pass-manager']) {
      cpSync(join(userFolder, 'node_modules/@nnfuse', name), join(own, name), { recursive: true })
    }
    const twoKinds = `
      import { Linear } from '@nnfuse/ir'
      import { Linear as Other } from ${JSON.stringify(join(own, 'ir/dist/index.js'))}
      import plugin from 'nnfuse-plugin-squared-relu'
      console.log(Linear === Other, plugin().rules[1].pattern.ops[0].slot.kinds[0] === Linear.kind)
    `
    writeFileSync(join(userFolder, 'two-kinds.mjs'), twoKinds)
    expect(await runOutside(userFolder, process.execPath, ['two-kinds.mjs'])).toBe('false true\n')
    expect(await fusedWithPlugin()).toEqual(expectedReport)
  })
})

const fused = async (...args: string[]): Promise<FuseFileResult> =>
  JSON.parse(await nnfuse('fuse', 'net.onnx', '--no-latency', '--json', ...args))

const fusedWithPlugin = async (): Promise<object> => {
  const { check, rules, report } = await fused('--plugin', 'nnfuse-plugin-squared-relu')
  return {
    check: check?.status,
    rules: rules.map(({ plugin, rule, times }) => `${plugin} ${rule} ${times}`),
    declined: report.declined.map(({ rule, paths }) => `${rule}: ${paths.join(', ')}`),
    dropped: report.dropped,
    diagnostics: report.diagnostics.map(({ code }) => code),
  }
}

const expectedReport = {
  check: 'passed',
  rules: [
    'nnfuse-plugin-squared-relu squared-relu 1',
    'nnfuse-plugin-squared-relu linear-squared-relu 1',
    'nnfuse-plugin-squared-relu dense-conv2d-relu 1',
    'nnfuse-plugin-squared-relu idle-relu 1',
  ],
  declined: ['dense-conv2d-relu: depthwise, relu1'],
  dropped: ['idle'],
  diagnostics: ['OVERRIDDEN_RULE'],
}

describe('npm create nnfuse-plugin', () => {
  test(
    'writes a plugin that is installed, keeps the laws, and is used from its folder',
    async () => {
      await npm(world, 'create', 'nnfuse-plugin', '@acme/nnfuse-plugin-gain')
      const created = join(world, 'nnfuse-plugin-gain')
      await npm(created, 'install')
      const printed = await npm(created, 'test')
      expect(printed).toMatch(/gain-conv2d-scale on random models: computes the same/)
      const { sets } = JSON.parse(await nnfuse('rules', '--plugin', created, '--json'))
      expect((sets as RuleSet[])[0]?.rules.at(-1)?.plugin).toBe('@acme/nnfuse-plugin-gain')
      const files = JSON.parse(await npm(created, 'pack', '--json', '--silent', '--ignore-scripts'))[0].files
      expect(files.map(({ path }: { path: string }) => path).sort()).toEqual(
        [
          ...['README.md', 'package.json'],
          ...['index', 'rules', 'scale', 'scale-channels'].flatMap((name) => [
            `dist/${name}.d.ts`,
            `dist/${name}.js`,
          ]),
        ].sort(),
      )
    },
    2 * aMinute,
  )
})
