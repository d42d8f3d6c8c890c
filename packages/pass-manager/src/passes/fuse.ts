import { type AnyModule, pathsWithin, regionsOf } from '@nnfuse/ir'
import { apply, type Decline, type Leftover, leftovers, plan, type Rule, takenBy } from '@nnfuse/matcher'
import type { Pass } from '../pass.js'
import { inRegions } from './in-regions.js'

/** Plans with every rule and applies the plan: one round. */
export const fuse: Pass = {
  name: 'fuse',
  description: 'Applies every fusing rule where it is legal',
  run: (model, { rules, log }) =>
    inRegions(model, log, ({ graph }) => {
      const planned = plan(graph, rules)
      const { applications, declines, tried } = planned
      return { graph: apply(planned), taken: applications.map(takenBy), declines, tried }
    }),
}

/** What is left over in the model and in each container that hooks keep whole. */
export const leftoversOf = (
  model: AnyModule,
  rules: readonly Rule[],
  rounds: readonly (readonly Decline[])[],
): Leftover[] =>
  regionsOf(model).flatMap((region) => {
    const within = rounds.map((declines) => pathsWithin(region, declines))
    const left = leftovers(region.graph, rules, within)
    return left.map((entry) => ({ ...entry, path: region.prefix + entry.path }))
  })
