export type { ForwardHook, ForwardPreHook, HookResult } from './call-hooks.js'
export type { DeviceName } from './device.js'
export { type RunOptions, type RunResult, run } from './run.js'
export type { NumbersInput, RunInput } from './run-input.js'
export {
  type Loss,
  type ValueAndGradOptions,
  type ValueAndGradResult,
  valueAndGrad,
} from './value-and-grad.js'
