export { apply } from './apply.js'
export { type Declined, decline, isDeclined } from './decline.js'
export { type Explain, type Explanation, explain, explainer, type NearRule } from './explain.js'
export type { History, Taken } from './history.js'
export { type Leftover, leftovers } from './leftovers.js'
export { checkLegality, type Flow } from './legality.js'
export type { LostHook } from './move-hooks.js'
export {
  type Application,
  type Decline,
  type Knowledge,
  lazyTypes,
  type Plan,
  plan,
  type Rewritten,
  tryRule,
} from './plan.js'
export {
  type Guard,
  type MatchContext,
  patternKey,
  type Rewrite,
  type Rule,
  type RuleOptions,
  rule,
} from './rule.js'
export { indexRules, type RankedRule, type RuleNode } from './rule-index.js'
export { oneOf, type PatternModules, type Slot, type SlotLike, type SlotModule, where } from './slot.js'
