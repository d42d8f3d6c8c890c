export type { AfterPassInfo, FailureInfo, Instrument, PassInfo } from './instrument.js'
export {
  type NumericCheck,
  type NumericCheckOptions,
  type NumericProblem,
  numericCheckEach,
} from './instruments/numeric-check-each.js'
export { type PrintTreeOptions, printTree } from './instruments/print-tree.js'
export { type Reproducer, reproducer } from './instruments/reproducer.js'
export { type PassTime, type Timing, timing } from './instruments/timing.js'
export { verifyEach } from './instruments/verify-each.js'
export { nearestNames } from './nearest-names.js'
export { orderPasses } from './order-passes.js'
export { parsePipeline } from './parse-pipeline.js'
export type { Pass, PassContext, PassLog, PassParts, RepeatLimits } from './pass.js'
export {
  builtInPasses,
  createPassManager,
  defaultPipeline,
  type PassManager,
  type PassManagerOptions,
  type RegisteredRule,
} from './pass-manager.js'
export { dropIdentity, dropNoOps } from './passes/drop-identity.js'
export { flatten } from './passes/flatten.js'
export { fuse } from './passes/fuse.js'
export { inRegions, type RegionChange } from './passes/in-regions.js'
export { verify } from './passes/verify.js'
export { pipeline, repeat } from './pipeline.js'
export { definePlugin, type Plugin } from './plugin.js'
export { printPipeline } from './print-pipeline.js'
export type { Diagnostic, PassReport, Report, RuleReport } from './report.js'
export type { Position } from './run-pass.js'
