import {
  type AnyModule,
  flatten,
  GraphModule,
  type GraphModuleOf,
  replaceModules,
  Sequential,
  walk,
} from '@nnfuse/ir'
import { apply, type Decline, type Leftover, leftovers, type Plan, plan, type Rule } from '@nnfuse/matcher'
import type { Pass, PassLog } from '../pass.js'

/** A graph in which rules look for patterns: the model, and each container that hooks keep whole. */
interface Region {
  /** '' for the model itself. */
  readonly path: string
  readonly graph: GraphModuleOf
}

const isContainer = (module: AnyModule): boolean => GraphModule.is(module) || Sequential.is(module)

const regionsOf = (model: GraphModuleOf): Region[] =>
  [...walk(model)]
    .filter(({ module }) => isContainer(module))
    .map(({ path, module }) => ({ path, graph: flatten(module) }))

const below = (region: string, path: string): string => (region === '' ? path : `${region}.${path}`)

const inModel = <T extends { readonly paths: readonly string[] }>(region: string, entry: T): T => ({
  ...entry,
  paths: entry.paths.map((path) => below(region, path)),
})

const logPlan = (log: PassLog, region: string, { applications, tried }: Plan): void => {
  for (const application of applications) {
    const { rule, paths, replacement } = inModel(region, application)
    log.applied.push({ rule, paths, into: replacement.kind })
  }
  for (const [rule, count] of tried) log.tried.set(rule, (log.tried.get(rule) ?? 0) + count)
}

/** Puts fused inner regions back, innermost last. */
const putBack = (model: GraphModuleOf, regions: readonly Region[]): GraphModuleOf => {
  let result: AnyModule = model
  for (const { path, graph } of regions) result = replaceModules(result, new Map([[path, graph]]))
  return result as GraphModuleOf
}

const fuseRegion = ({ path, graph }: Region, rules: readonly Rule[], log: PassLog): [Region, Decline[]] => {
  const planned = plan(graph, rules)
  logPlan(log, path, planned)
  return [{ path, graph: apply(planned) }, planned.declines.map((decline) => inModel(path, decline))]
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
    const [fusedOuter, declined] = fuseRegion({ path: (outer as Region).path, graph }, rules, log)
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
  regionsOf(flatten(model)).flatMap(({ path, graph }) => {
    const within = path === '' ? rounds : rounds.map((declines) => stripped(path, declines))
    return leftovers(graph, rules, within).map((left) => ({ ...left, path: below(path, left.path) }))
  })

/** The declines inside a region, with paths as the region knows them. */
const stripped = (region: string, declines: readonly Decline[]): Decline[] =>
  declines
    .filter(({ paths }) => paths.every((path) => path.startsWith(`${region}.`)))
    .map((decline) => ({ ...decline, paths: decline.paths.map((path) => path.slice(region.length + 1)) }))
