export { type Pass, type PassContext, type PassLog, pipeline, repeat } from './pass.js'
export {
  createPassManager,
  defaultPipeline,
  type PassManager,
  type PassManagerOptions,
  type RegisteredRule,
} from './pass-manager.js'
export { dropIdentity } from './passes/drop-identity.js'
export { flatten } from './passes/flatten.js'
export { fuse } from './passes/fuse.js'
export { definePlugin, type Plugin } from './plugin.js'
export type { Applied, Diagnostic, PassReport, Report, RuleReport } from './report.js'
