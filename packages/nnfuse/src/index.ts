export { type Explainer, explain, explainer, type LayerExplanation, type Outcome } from './explain.js'
export { type FuseOptions, type FuseResult, fuse } from './fuse.js'
export {
  type FuseModulesOptions,
  type FuserFunc,
  fuseModules,
  fuseModulesQat,
  type Groups,
} from './fuse-modules.js'
export { type FusedEntry, type FusedStateDict, fusedStateDict } from './fused-state-dict.js'
export {
  type FuserMethod,
  type FuserMethodMapping,
  type FuserMethodOptions,
  type FuserOptions,
  fuseKnownModules,
  getFuserMethod,
} from './fuser-method.js'
export { defaultPlugins, qatPlugins } from './plugins.js'
export { type Preset, presets } from './presets.js'
