import type { NnfuseError } from '@nnfuse/ir'
import { defaultPlugins } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { type LoadPluginsOptions, loadPlugins, type RuleSet } from '../src/index.js'
import { dropouts, folderWith, packageOf } from './plugin-folder.js'
import { nnfuse, shapes } from './run-nnfuse.js'

const ours = defaultPlugins().map(({ name }) => name)

const namesIn = async (folder: string, options: LoadPluginsOptions = {}): Promise<string[]> =>
  (await loadPlugins({ folder, ...options })).plugins.map(({ name }) => name)

type Failure = Pick<NnfuseError, 'code' | 'message' | 'hint'>

const failureIn = (folder: string, options: LoadPluginsOptions = {}): Promise<Failure> =>
  loadPlugins({ folder, ...options }).then(
    () => {
      throw new Error('nothing failed')
    },
    ({ code, message, hint }: NnfuseError) => ({ code, message: message.replaceAll(folder, '.'), hint }),
  )

describe('plugins are found', () => {
  test('as a package, after our own', async () => {
    const folder = folderWith(packageOf('nnfuse-plugin-dropouts', dropouts))
    expect(await namesIn(folder, { plugins: ['nnfuse-plugin-dropouts'] })).toEqual([...ours, 'dropouts'])
  })

  test('as a package that can only be imported, and as one of CommonJS', async () => {
    const folder = folderWith({
      ...packageOf('only-import', dropouts, { exports: { '.': { import: './index.js' } } }),
      ...packageOf('common', "module.exports = () => ({ name: 'common' })", { type: 'commonjs' }),
    })
    expect(await namesIn(folder, { plugins: ['only-import', 'common'] })).toEqual([
      ...ours,
      'dropouts',
      'common',
    ])
  })

  test('as a file, in TypeScript too, and as the folder of a package', async () => {
    const typed = "export default (): { name: string } => ({ name: 'typed' })"
    const folder = folderWith({
      'a/plugin.mjs': dropouts,
      'a/plugin.ts': typed,
      'b/package.json': { name: 'b', type: 'module', exports: './dist/index.js' },
      'b/dist/index.js': "export default () => ({ name: 'b' })",
    })
    expect(await namesIn(folder, { plugins: ['./a/plugin.mjs', './a/plugin.ts', './b'] })).toEqual([
      ...ours,
      'dropouts',
      'typed',
      'b',
    ])
  })
})

describe('a configuration', () => {
  const plugin = packageOf('nnfuse-plugin-dropouts', dropouts)
  const named = "plugins: [['nnfuse-plugin-dropouts', { called: 'with options' }]]"

  test.each([
    ['ts', `const defaults: boolean = false\nexport default { defaults, ${named} }`],
    [
      'mts',
      `import { defineConfig } from '@nnfuse/cli'\nexport default defineConfig({ defaults: false, ${named} })`,
    ],
    ['js', `module.exports = { defaults: false, ${named} }`],
    ['mjs', `export default { defaults: false, ${named} }`],
    ['json', '{ "defaults": false, "plugins": [["nnfuse-plugin-dropouts", { "called": "with options" }]] }'],
  ])('is nnfuse.config.%s', async (ending, text) => {
    const folder = folderWith({ ...plugin, [`nnfuse.config.${ending}`]: text })
    expect(await namesIn(folder)).toEqual(['with options'])
    expect(await namesIn(folder, { config: false })).toEqual(ours)
  })

  test('holds plugins as values, too, and ours are used beside them unless it says no', async () => {
    const text = "import plugin from 'nnfuse-plugin-dropouts'\nexport default { plugins: [plugin()] }"
    expect(await namesIn(folderWith({ ...plugin, 'nnfuse.config.mjs': text }))).toEqual([...ours, 'dropouts'])
  })

  test('may stand elsewhere; what it names is found from there', async () => {
    const folder = folderWith({
      'settings/nnfuse.config.mjs': "export default { plugins: ['./plugin.mjs'] }",
      'settings/plugin.mjs': "export default () => ({ name: 'near the configuration' })",
    })
    expect(await namesIn(folder, { config: 'settings/nnfuse.config.mjs' })).toEqual([
      ...ours,
      'near the configuration',
    ])
  })

  test('gives options to a plugin that its caller names again', async () => {
    const folder = folderWith({ ...plugin, 'nnfuse.config.mjs': `export default { ${named} }` })
    const options = { plugins: ['nnfuse-plugin-dropouts'] }
    expect(await namesIn(folder, options)).toEqual([...ours, 'with options'])
  })
})

describe('what is wrong with a configuration is said with the place', () => {
  test.each([
    [
      'ts',
      'const x: number = 1\nexport default { plugins: [} }',
      './nnfuse.config.ts:2:27: Unexpected token',
    ],
    ['mjs', '\nexport default { plugins: [missing] }', './nnfuse.config.mjs:2:28: missing is not defined'],
    ['json', '{\n  "plugins": [\n}', './nnfuse.config.json:3:1: '],
    ['json', '{\n  "plugins": ["a",\n  ]}', './nnfuse.config.json:3:3: '],
    ['json', '{\n  "plugins": [],\n}', './nnfuse.config.json:3:1: '],
    ['json', '{\n', './nnfuse.config.json:2:1: '],
    ['json', '', './nnfuse.config.json:1:1: '],
    ['mjs', 'export const config = {}', '"./nnfuse.config.mjs" cannot be used: it has no default export'],
    ['json', '[]', 'it gives an array, not an object'],
    ['json', '{ "plugins": "a" }', 'plugins is a string, not an array'],
    ['json', '{ "plugins": ["a", 3] }', 'plugins[1] is a number, not a plugin, name or [name, options]'],
    ['json', '{ "defaults": "no" }', 'defaults is a string, not true or false'],
    ['mjs', 'export default { plugins: [() => 3] }', 'name or [name, options]; call it: plugins: [plugin()]'],
  ])('in .%s: %j', async (ending, text, problem) => {
    const folder = folderWith({ [`nnfuse.config.${ending}`]: text })
    expect(await failureIn(folder)).toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining(problem),
    })
  })

  test('a key that means nothing is told with the nearest that does', async () => {
    expect(await failureIn(folderWith({ 'nnfuse.config.json': '{ "plugin": [] }' }))).toMatchObject({
      code: 'UNKNOWN_CONFIG_KEY',
      message: '"./nnfuse.config.json" says "plugin", which means nothing',
      hint: 'Did you mean "plugins"?',
    })
  })

  test('no file, a file of another kind, two files', async () => {
    const two = folderWith({ 'nnfuse.config.js': '', 'nnfuse.config.json': '{}', 'nnfuse.yaml': '' })
    expect(await failureIn(two)).toMatchObject({ code: 'SEVERAL_CONFIGS' })
    expect(await failureIn(two, { config: 'nnfuse.yaml' })).toMatchObject({ code: 'BAD_CONFIG' })
    expect(await failureIn(two, { config: 'other.json' })).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: 'there is no configuration file "./other.json"',
    })
  })
})

describe('what is wrong with a plugin is said', () => {
  test('no package', async () => {
    expect(await failureIn(folderWith({}), { plugins: ['nnfuse-plugin-none'] })).toEqual({
      code: 'PLUGIN_NOT_FOUND',
      message: 'no package "nnfuse-plugin-none" can be found from "."',
      hint: 'Run "npm install nnfuse-plugin-none" there. The path of a file starts with "./" or "/".',
    })
  })

  test('no file, and a package that is not built', async () => {
    const folder = folderWith({
      'unbuilt/package.json': { name: 'unbuilt', exports: './dist/index.js' },
      'node_modules/unbuilt/package.json': { name: 'unbuilt', exports: { './else': './else.js' } },
    })
    expect(await failureIn(folder, { plugins: ['./none.mjs'] })).toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
      message: 'the plugin "./none.mjs" would be "./none.mjs", which is not there',
    })
    const message = expect.stringContaining('unbuilt" has no file that can be imported')
    for (const name of ['./unbuilt', 'unbuilt']) {
      expect(await failureIn(folder, { plugins: [name] })).toMatchObject({
        code: 'PLUGIN_NOT_FOUND',
        message,
      })
    }
  })

  test.each([
    ['NO_PLUGIN_EXPORT', 'export const a = 1, b = 2', 'no default export; plugin.mjs exports "a", "b"'],
    [
      'NO_PLUGIN_EXPORT',
      'export default {}',
      'the default export of "./plugin.mjs" is no function but an object',
    ],
    ['BAD_PLUGIN', 'export default () => undefined', 'makes no plugin but undefined'],
    ['BAD_PLUGIN', 'export default async () => ({})', 'makes no plugin but a promise'],
    ['BAD_PLUGIN', 'export default () => ({})', 'plugin: it has no name'],
    ['BAD_PLUGIN', "export default () => ({ name: 'a', rules: {} })", 'a: rules must be an array'],
    ['BAD_PLUGIN', "export default () => ({ name: 'a', rules: [{}] })", 'a: rules[0] is not a rule'],
    [
      'BAD_PLUGIN',
      "export default () => ({ name: 'a', kinds: ['b'] })",
      'a: kinds[0] is not a kind of layer',
    ],
    ['BAD_PLUGIN', "export default () => ({ name: 'a', passes: [{}] })", 'a: passes[0] is not a pass'],
    ['PLUGIN_FAILED', "export default () => { throw new Error('too big') }", 'cannot be made: too big'],
    ['PLUGIN_FAILED', 'export default (', 'cannot be imported: '],
    ['PLUGIN_FAILED', "import 'nothing-of-the-kind'", 'cannot be imported: '],
  ])('%s: %s', async (code, source, problem) => {
    const folder = folderWith({ 'plugin.mjs': source })
    expect(await failureIn(folder, { plugins: ['./plugin.mjs'] })).toMatchObject({
      code,
      message: expect.stringContaining(problem),
    })
  })

  test('two plugins, two rules of one name', async () => {
    const folder = folderWith({ 'a.mjs': dropouts, 'b.mjs': dropouts.replace("'dropouts'", "'others'") })
    const plugins = ['./a.mjs', './b.mjs']
    expect(await failureIn(folder, { plugins })).toMatchObject({ code: 'DUPLICATE_RULE' })
    expect(await failureIn(folder, { plugins: ['./a.mjs', './a.mjs'] })).toMatchObject({
      code: 'DUPLICATE_PLUGIN',
    })
  })

  test('one that is made for another version of nnfuse', async () => {
    const made = (range: string) =>
      folderWith(packageOf('old', dropouts, { peerDependencies: { '@nnfuse/matcher': range, other: '^9' } }))
    expect(await failureIn(made('^99.0.0'), { plugins: ['old'] })).toMatchObject({
      code: 'PLUGIN_VERSION',
      message: expect.stringMatching(/^"old" needs @nnfuse\/matcher \^99\.0\.0; this is \d+\.\d+\.\d+$/),
    })
    for (const range of ['*', '>=0.1.0', 'workspace:^']) {
      expect(await namesIn(made(range), { plugins: ['old'] })).toContain('dropouts')
    }
  })
})

describe('the commands', () => {
  const source = `
import { Conv2d, ReLU } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
export default () => ({
  name: 'keeps-relu',
  rules: [rule('keep-relu', [Conv2d, ReLU], (conv, relu, cx) => cx.decline('the kernel takes no ReLU'))],
  passes: [{ name: 'nothing', description: 'Does nothing', run: (model) => model }],
})`

  test('rules lists what a plugin has, and who overrides whom', async () => {
    const folder = folderWith({ 'plugin.mjs': source })
    const args = ['rules', '--plugin', './plugin.mjs']
    const { stdout, stderr } = await nnfuse(args, { cwd: folder })
    expect(stderr).toBe('')
    const lines = stdout.split('\n').filter((line) => line.includes('keep'))
    expect(lines.map((line) => line.trim().replace(/ {2,}/g, '  '))).toEqual([
      'conv2d-relu  @nnfuse/fuser-linear-relu  bits  nn.Conv2d -> nn.ReLU  not used: overridden by keep-relu',
      'keep-relu  keeps-relu  real  nn.Conv2d -> nn.ReLU  overrides conv2d-relu',
      'nothing  keeps-relu  runs only in a pipeline that names it',
    ])
    const sets: RuleSet[] = JSON.parse((await nnfuse([...args, '--json'], { cwd: folder })).stdout).sets
    expect(sets.map(({ name }) => name)).toEqual(['chosen'])
    expect(sets[0]?.rules.at(-1)).toMatchObject({ rule: 'keep-relu', overrides: ['conv2d-relu'] })
  })

  test('plan, explain and fuse use it, and say what it overrides', async () => {
    const folder = folderWith({
      'plugin.mjs': source,
      'nnfuse.config.json': { plugins: ['./plugin.mjs'] },
    })
    const plan = await nnfuse(['plan', shapes], { cwd: folder })
    expect(plan.stdout).toContain('"keep-relu" overrides "conv2d-relu" of @nnfuse/fuser-linear-relu')
    const fused = await nnfuse(['fuse', shapes, '-o', 'out.onnx', '--no-verify'], { cwd: folder })
    expect(fused.stdout).toContain('"keep-relu" overrides "conv2d-relu"')
    const without = await nnfuse(['plan', shapes, '--no-config'], { cwd: folder })
    expect(without.stdout).not.toContain('keep-relu')
    const config = ['--config', 'nnfuse.config.json']
    const explained = await nnfuse(['explain', shapes, 'block1.relu', ...config], { cwd: folder })
    expect(explained.code).toBe(0)
  })

  test('the line of a syntax error is told, also where Node itself does not', async () => {
    const folder = folderWith({ 'nnfuse.config.mjs': 'export default {\n  plugins: [} }' })
    const { code, stderr } = await nnfuse(['rules'], { cwd: folder })
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'nnfuse.config.mjs:2:12: Unexpected token\n--no-config runs without it.',
      ),
    })
  })

  test('a plugin that is not there ends them with exit code 2', async () => {
    const { code, stderr } = await nnfuse(['plan', shapes, '--plugin', 'none'], { cwd: folderWith({}) })
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('npm install none') })
  })
})
