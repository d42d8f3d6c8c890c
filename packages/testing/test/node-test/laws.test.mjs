// What `node --test` runs in under-node-test.test.ts: one plugin that keeps the laws, and one that does not.
import { test } from 'node:test'
import { BatchNorm2d, Conv2d, manualSeed, Sequential } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { testPlugin } from '@nnfuse/testing'

const nn = manualSeed(0)
const cases = { 'conv2d-bn': { fuses: [Sequential([nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)])] } }
const forgets = rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv) => conv)
const declines = rule('conv2d-bn', [Conv2d, BatchNorm2d], (_conv, _norm, cx) => cx.decline('never'))

testPlugin({ name: 'forgets the batch-norm', rules: [forgets] }, cases, { test, runs: 2 })
testPlugin({ name: 'never applies', rules: [declines] }, cases, { test, runs: 2 })
