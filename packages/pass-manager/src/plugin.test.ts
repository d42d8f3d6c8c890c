import { Conv2d, Dropout } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { expect, test } from 'vitest'
import { definePlugin, flatten, type Plugin } from './index.js'

const dropouts = rule('conv2d-dropout', [Conv2d, Dropout], (conv) => conv)

test('a plugin is given back as it is', () => {
  const plugin: Plugin = { name: 'acme', kinds: [Conv2d], rules: [dropouts], passes: [flatten] }
  expect(definePlugin(plugin)).toBe(plugin)
})

test.each([
  [{}, 'plugin: it has no name'],
  [{ name: 'acme', kinds: {} }, 'acme: kinds must be an array'],
  [
    { name: 'acme', kinds: [Conv2d, 'nn.Conv2d'] },
    'acme: kinds[1] is not a kind of layer, as kind(...) makes it',
  ],
  [
    { name: 'acme', kinds: [() => undefined] },
    'acme: kinds[0] is not a kind of layer, as kind(...) makes it',
  ],
  [{ name: 'acme', rules: [dropouts, undefined] }, 'acme: rules[1] is not a rule, as rule(...) makes it'],
  [
    { name: 'acme', rules: [{ ...dropouts, guards: undefined }] },
    'acme: rules[0] is not a rule, as rule(...) makes it',
  ],
  [{ name: 'acme', passes: [{ name: 'a' }] }, 'acme: passes[0] is not a pass, { name, description, run }'],
])('%j is refused: %s', (plugin, message) => {
  expect(() => definePlugin(plugin as unknown as Plugin)).toThrow(
    expect.objectContaining({ code: 'BAD_PLUGIN', message }),
  )
})
