// node scripts/fuzz-onnx.mjs [count] [seed]     breaks small ONNX files in `count` ways and reads, fuses and writes each
//
// The test packages/onnx/src/fuzz.test.ts does so with 20,000; this is for more. Prints how often each thing happened;
// exits 1 where something failed, with the file in base64. `nice` it: it takes about a millisecond a file, and one core.

import { spawnSync } from 'node:child_process'
import { root, tools } from './workspace.mjs'

const [count = '1000000', seed = '20000'] = process.argv.slice(2)
const { status } = spawnSync(
  process.execPath,
  [tools.vitest, 'run', '--root', root, '--project', '@nnfuse/onnx', 'src/fuzz.test.ts'],
  { stdio: 'inherit', env: { ...process.env, NNFUSE_FUZZ_COUNT: count, NNFUSE_FUZZ_SEED: seed } },
)
process.exitCode = status ?? 1
