import { flatten } from './flatten.js'
import { GraphModule, type GraphModuleOf, isContainer } from './kinds/containers.js'
import type { AnyModule } from './module.js'
import type { Located } from './paths.js'

/** A graph in which rules look for patterns: the model, and each container that hooks keep whole. */
export interface Region {
  /** '' for the model itself. */
  readonly path: string
  /** Before the path of each of its layers: '' or `block.`. */
  readonly prefix: string
  readonly graph: GraphModuleOf
}

/**
 * The regions of a model, outer ones first. A container without hooks is no region of its own: flattening dissolves it
 * in the one around it.
 */
export const regionsOf = (model: AnyModule): Region[] => {
  const regions: Region[] = []
  const stack: Located[] = [{ path: '', module: flatten(model) }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { path } = next
    const module = isContainer(next.module) ? flatten(next.module) : next.module
    const prefix = path === '' ? '' : `${path}.`
    if (GraphModule.is(module)) regions.push({ path, prefix, graph: module })
    // Only what holds others can hold a graph.
    const below = [...module.children].filter(([, { children }]) => children.size > 0)
    for (const [name, child] of below.reverse()) stack.push({ path: prefix + name, module: child })
  }
  return regions
}

interface WithPaths {
  readonly paths: readonly string[]
  readonly path?: string
}

const withPaths = <T extends WithPaths>(entry: T, change: (path: string) => string): T => ({
  ...entry,
  paths: entry.paths.map(change),
  ...(entry.path !== undefined && { path: change(entry.path) }),
})

/** Entries about layers of a region, with paths as the model knows them. */
export const pathsInModel = <T extends WithPaths>({ prefix }: Region, entries: readonly T[]): T[] =>
  entries.map((entry) => withPaths(entry, (path) => prefix + path))

/** Of entries about layers of the model those inside a region, with paths as the region knows them. */
export const pathsWithin = <T extends WithPaths>({ prefix }: Region, entries: readonly T[]): T[] =>
  entries
    .filter(({ paths }) => paths.every((path) => path.startsWith(prefix)))
    .map((entry) => withPaths(entry, (path) => path.slice(prefix.length)))
