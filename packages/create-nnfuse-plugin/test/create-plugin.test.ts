import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NnfuseError } from '@nnfuse/ir'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createPlugin } from '../src/index.js'

/* That what is written compiles, keeps the laws and is used by the command is tested in examples/test/strangers.test.ts. */

const root = fileURLToPath(new URL('../../../', import.meta.url))
const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'create-nnfuse-plugin-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const command = (folder: string, ...args: string[]) =>
  spawnSync(
    process.execPath,
    [join(root, 'packages/create-nnfuse-plugin/bin/create-nnfuse-plugin.mjs'), ...args],
    {
      cwd: folder,
      encoding: 'utf8',
      input: '',
    },
  )

describe('what is written', () => {
  test('is named as asked, everywhere', async () => {
    const folder = join(scratch(), 'deep/er')
    const { files } = await createPlugin({ name: '@acme/nnfuse-plugin-group-norm', folder })
    expect(files).toEqual([
      ...['.gitignore', 'README.md', 'package.json'],
      ...['index', 'laws.test', 'rules', 'scale-channels', 'scale'].map((name) => `src/${name}.ts`),
      'tsconfig.json',
    ])
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
    expect(texts).not.toContain('{{')
    expect(texts).toContain("kind('group-norm.Scale'")
    expect(texts).toContain("name: '@acme/nnfuse-plugin-group-norm'")
    expect(readJson(join(folder, 'package.json')).name).toBe('@acme/nnfuse-plugin-group-norm')
  })

  test('asks for versions that there are', async () => {
    const folder = join(scratch(), 'plugin')
    await createPlugin({ name: 'plugin', folder })
    const { peerDependencies, devDependencies } = readJson(join(folder, 'package.json'))
    for (const [name, range] of Object.entries({ ...peerDependencies, ...devDependencies })) {
      if (!name.startsWith('@nnfuse/')) continue
      const { version } = readJson(join(root, 'packages', name.slice('@nnfuse/'.length), 'package.json'))
      expect([name, range]).toEqual([name, `^${version}`])
    }
    const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
    expect(catalog).toContain(`typescript: ${devDependencies.typescript}`)
    expect(catalog).toContain(`'@types/node': ${devDependencies['@types/node']}`)
  })
})

describe('what is refused, before anything is written', () => {
  test.each([
    ['', 'it is empty'],
    ['Plugin', 'it has capital letters'],
    ['../plugin', 'a slash stands only after an @scope'],
    ['a/b', 'a slash stands only after an @scope'],
    ['.', 'it starts with a dot or an underscore'],
    ['..', 'it starts with a dot or an underscore'],
    ['@acme/.a', 'it starts with a dot or an underscore'],
    ['_a', 'it starts with a dot or an underscore'],
    ['a b', 'it may have letters, digits and . _ - ~ only'],
    ["a'b", 'it may have letters, digits and . _ - ~ only'],
    ['a'.repeat(215), 'it is longer than 214 characters'],
  ])('the name %j', async (name, problem) => {
    const folder = scratch()
    const error: NnfuseError = await createPlugin({ name, folder }).then(
      () => expect.fail('it was written'),
      (error) => error,
    )
    expect(error).toMatchObject({ code: 'BAD_NAME', message: expect.stringContaining(problem) })
    expect(readdirSync(folder)).toEqual([])
  })

  test('a folder that is not empty, and a file', async () => {
    const folder = scratch()
    writeFileSync(join(folder, 'mine'), 'text')
    for (const taken of [folder, join(folder, 'mine')]) {
      await expect(createPlugin({ name: 'plugin', folder: taken })).rejects.toMatchObject({
        code: 'FOLDER_NOT_EMPTY',
      })
    }
    expect(readdirSync(folder)).toEqual(['mine'])
  })
})

describe('the command', () => {
  test('writes into a folder of that name, without the scope, and says what comes next', () => {
    const folder = scratch()
    mkdirSync(join(folder, 'nnfuse-plugin-gain')) // an empty one will do
    const { status, stdout } = command(folder, '@acme/nnfuse-plugin-gain')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^Written to nnfuse-plugin-gain:\n.*Next:\n {2}cd nnfuse-plugin-gain\n {2}npm install/s,
    )
    expect(readdirSync(join(folder, 'nnfuse-plugin-gain'))).toContain('package.json')
  })

  test.each([
    [[], 'the plugin has no name yet'],
    [['a', 'b'], 'one name is enough; got a b'],
    [['A'], 'it has capital letters'],
  ])('refuses %j with exit code 2', (args, problem) => {
    const { status, stdout, stderr } = command(scratch(), ...args)
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(problem),
    })
  })

  test('prints help', () => {
    const { status, stdout } = command(scratch(), '--help')
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: npm create/),
    })
  })
})
