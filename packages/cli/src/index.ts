export type { Check, OutputCheck } from './check/check.js'
export type { Difference } from './check/compare-results.js'
export type { Sizes } from './check/open-sizes.js'
export type { LayerNoise } from './compare/layer-noise.js'
export { type CompareFilesOptions, type CompareFilesResult, compareFiles } from './compare-files.js'
export { type Config, defineConfig, type PluginEntry } from './config/config.js'
export { type LoadedPlugins, type LoadPluginsOptions, loadPlugins } from './config/load-plugins.js'
export type { Evaluation, Latency } from './evaluate-models.js'
export { type ExplainFileResult, explainFile } from './explain-file.js'
export { formatCompare } from './format/format-compare.js'
export { formatExplain } from './format/format-explain.js'
export { formatFuse } from './format/format-fuse.js'
export { formatInspect } from './format/format-inspect.js'
export { formatPlan } from './format/format-plan.js'
export { formatQuantize } from './format/format-quantize.js'
export { formatRules } from './format/format-rules.js'
export { formatVerify } from './format/format-verify.js'
export { createPaint, type Paint, plain } from './format/paint.js'
export { type FuseFileOptions, fuseFile } from './fuse-file.js'
export type { AppliedRule, FileCounts, FuseFileResult } from './fuse-file-result.js'
export {
  type InspectedLayer,
  type InspectedValue,
  type InspectResult,
  inspectFile,
  inspectModel,
} from './inspect-file.js'
export {
  type PlanFileOptions,
  type PlanFileResult,
  type PlannedPlace,
  type PlannedRule,
  planFile,
} from './plan-file.js'
export type { Progress } from './progress.js'
export type { LayerOutcome } from './quantize/chosen-layers.js'
export type { Method, WeightFormat } from './quantize/method.js'
export { type QuantizeFileOptions, type QuantizeFileResult, quantizeFile } from './quantize-file.js'
export {
  type PassRow,
  type RuleRow,
  type RuleSet,
  type RulesTableOptions,
  rulesTable,
} from './rules-table.js'
export type { Accuracy } from './runtime/accuracy.js'
export type { LatencyRow, ModelTimes } from './runtime/latency.js'
export type { Optimizations } from './runtime/loaded-model.js'
export { type VerifyOptions, type VerifyResult, verifyFiles } from './verify-files.js'
