export { apply } from './apply.js'
export type { Binding } from './bind.js'
export { type Declined, decline, isDeclined } from './decline.js'
export { type Exactness, isExactEnough, lessExact } from './exactness.js'
export { type Explain, type Explanation, explain, explainer, type NearRule } from './explain.js'
export { type Flow, flowOf } from './flow.js'
export { type History, type Taken, takenBy } from './history.js'
export { type Leftover, leftovers } from './leftovers.js'
export { type Cluster, chainCluster, checkLegality } from './legality.js'
export { type Match, matchOf } from './match.js'
export type { LostHook } from './move-hooks.js'
export {
  any,
  literal,
  type OpPattern,
  type OutputsPattern,
  op,
  outputs,
  type ValuePattern,
} from './pattern.js'
export { type PatternGraph, type PatternOp, type PatternSource, printPattern } from './pattern-graph.js'
export { type Application, type Decline, type Plan, plan } from './plan.js'
export {
  type GraphRewrite,
  type Guard,
  type MatchContext,
  patternKey,
  type Rewrite,
  type Rule,
  type RuleOptions,
  rule,
} from './rule.js'
export { oneOf, type PatternModules, type Slot, type SlotLike, type SlotModule, where } from './slot.js'
export { type Knowledge, lazyTypes, type Rewritten, tryRule } from './try-rule.js'
