import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/* The kit under Node's own runner: a process of its own runs test/node-test/laws.test.mjs. */

const file = fileURLToPath(new URL('../test/node-test/laws.test.mjs', import.meta.url))

test('every law is a test of node:test; the broken ones fail, and print what vitest would', () => {
  const args = ['--test', '--test-reporter=tap', file]
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  const failed = [...stdout.matchAll(/^ *not ok \d+ - (conv2d-bn.*)$/gm)].map(([, name]) => name)
  expect({ status, failed }).toEqual({
    status: 1,
    failed: [
      'conv2d-bn on random models: computes the same',
      'conv2d-bn fuses: applies as often as stated',
      'conv2d-bn on random models: fuses some',
    ],
  })
  expect(stdout).toMatch(/^ *ok \d+ - conv2d-bn on random models: comes to an end$/m)
  expect(stdout).toContain("test('conv2d-bn: computes the same', async () => {")
})
