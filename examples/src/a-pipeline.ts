import { Dropout, manualSeed, ReLU, Sequential } from '@nnfuse/ir'
import {
  createPassManager,
  definePlugin,
  dropIdentity,
  flatten,
  fuse,
  pipeline,
  printPipeline,
  repeat,
  timing,
  verifyEach,
} from '@nnfuse/pass-manager'
import { defaultPlugins } from 'nnfuse'
import { mergeCalls } from './merge-calls/merge-calls.js'

const whole = pipeline(flatten, repeat({ max: 8, changes: 1000 }, dropIdentity, mergeCalls, fuse))
const text = printPipeline(whole)
console.log(text)

const merging = definePlugin({ name: '@acme/nnfuse-plugin-merge-calls', passes: [mergeCalls] })
const clock = timing({ now: () => performance.now() })
const manager = createPassManager({
  plugins: [...defaultPlugins(), merging],
  pipeline: text, // the same as whole
  instruments: [clock, verifyEach()],
})

const { report } = manager.run(Sequential([manualSeed(0).Conv2d(3, 8, 3), Dropout(), ReLU()]))
for (const { pass, changed, rounds, stopped } of report.passes)
  console.log(rounds === undefined ? `${pass}: ${changed}` : `${pass}: ${rounds} rounds, ${stopped}`)
console.log(clock.times().map(({ pass, calls }) => `${pass} ran ${calls} times`)[0])
