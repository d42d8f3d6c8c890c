import {
  type AnyModule,
  flatten,
  type GraphModuleOf,
  pathsInModel,
  type Region,
  regionsOf,
  replaceModules,
} from '@nnfuse/ir'
import type { Decline, Taken } from '@nnfuse/matcher'
import type { PassLog } from '../pass.js'

/** What a pass has made of a region, with paths as the region knows them. */
export interface RegionChange {
  /** The same graph where nothing was changed. */
  readonly graph: GraphModuleOf
  readonly taken: readonly Taken[]
  /** What rules left alone, and why; a pass without rules has none. */
  readonly declines?: readonly Decline[]
  /** How often each rule was tried. */
  readonly tried?: ReadonlyMap<string, number>
}

const note = (log: PassLog, region: Region, { taken, tried = new Map() }: RegionChange): void => {
  for (const entry of pathsInModel(region, taken)) log.applied.push(entry)
  for (const [rule, count] of tried) log.tried.set(rule, (log.tried.get(rule) ?? 0) + count)
}

/** Puts changed inner regions back, innermost last. */
const putBack = (model: GraphModuleOf, regions: readonly Region[]): GraphModuleOf => {
  let result: AnyModule = model
  for (const { path, graph } of regions) result = replaceModules(result, new Map([[path, graph]]))
  return result as GraphModuleOf
}

/**
 * Runs a change over the graph of a model, and over each container that hooks or an operator keep whole; notes in the
 * log what it did and what it declined.
 */
export const inRegions = (
  model: AnyModule,
  log: PassLog,
  change: (region: Region) => RegionChange,
): GraphModuleOf => {
  const flat = flatten(model)
  const [outer, ...inner] = regionsOf(flat)
  const declines: Decline[] = []
  const changeRegion = (region: Region): Region => {
    const changed = change(region)
    note(log, region, changed)
    for (const decline of pathsInModel(region, changed.declines ?? [])) declines.push(decline)
    return { ...region, graph: changed.graph }
  }
  const changedInner = inner.map(changeRegion).filter(({ graph }, i) => graph !== inner[i]?.graph)
  const { graph } = changeRegion({ ...(outer as Region), graph: putBack(flat, changedInner) })
  log.rounds.push(declines)
  return graph
}
