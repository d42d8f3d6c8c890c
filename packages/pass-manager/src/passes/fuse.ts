import {
  type AnyModule,
  flatten,
  type GraphModuleOf,
  pathsInModel,
  pathsWithin,
  type Region,
  regionsOf,
  replaceModules,
} from '@nnfuse/ir'
import { apply, type Decline, type Leftover, leftovers, type Plan, plan, type Rule } from '@nnfuse/matcher'
import type { Pass, PassLog } from '../pass.js'

const logPlan = (log: PassLog, region: Region, { applications, tried }: Plan): void => {
  for (const { rule, paths, path, replacement } of pathsInModel(region, applications)) {
    log.applied.push({ rule, paths, path: region.prefix + path, into: replacement.kind })
  }
  for (const [rule, count] of tried) log.tried.set(rule, (log.tried.get(rule) ?? 0) + count)
}

/** Puts fused inner regions back, innermost last. */
const putBack = (model: GraphModuleOf, regions: readonly Region[]): GraphModuleOf => {
  let result: AnyModule = model
  for (const { path, graph } of regions) result = replaceModules(result, new Map([[path, graph]]))
  return result as GraphModuleOf
}

const fuseRegion = (region: Region, rules: readonly Rule[], log: PassLog): [Region, Decline[]] => {
  const planned = plan(region.graph, rules)
  logPlan(log, region, planned)
  return [{ ...region, graph: apply(planned) }, pathsInModel(region, planned.declines)]
}

/** Plans with every rule and applies the plan: one round. */
export const fuse: Pass = {
  name: 'fuse',
  description: 'Applies every fusing rule where it is legal',
  run: (model, { rules, log }) => {
    const flat = flatten(model)
    const [outer, ...inner] = regionsOf(flat)
    const fusedInner = inner.map((region) => fuseRegion(region, rules, log))
    const changed = fusedInner.map(([region]) => region).filter(({ graph }, i) => graph !== inner[i]?.graph)
    const graph = putBack(flat, changed)
    const [fusedOuter, declined] = fuseRegion({ ...(outer as Region), graph }, rules, log)
    log.rounds.push([...declined, ...fusedInner.flatMap(([, declines]) => declines)])
    return fusedOuter.graph
  },
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
