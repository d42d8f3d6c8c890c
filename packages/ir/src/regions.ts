import { flatten } from './flatten.js'
import { type GraphModuleOf, isContainer } from './kinds/containers.js'
import type { AnyModule } from './module.js'
import { walk } from './paths.js'

/** A graph in which rules look for patterns: the model, and each container that hooks keep whole. */
export interface Region {
  /** '' for the model itself. */
  readonly path: string
  /** Before the path of each of its layers: '' or `block.`. */
  readonly prefix: string
  readonly graph: GraphModuleOf
}

/** The regions of a model, outer ones first. */
export const regionsOf = (model: AnyModule): Region[] =>
  [...walk(flatten(model))]
    .filter(({ module }) => isContainer(module))
    .map(({ path, module }) => ({ path, prefix: path === '' ? '' : `${path}.`, graph: flatten(module) }))

interface WithPaths {
  readonly paths: readonly string[]
}

/** Entries about layers of a region, with paths as the model knows them. */
export const pathsInModel = <T extends WithPaths>({ prefix }: Region, entries: readonly T[]): T[] =>
  entries.map((entry) => ({ ...entry, paths: entry.paths.map((path) => prefix + path) }))

/** Of entries about layers of the model those inside a region, with paths as the region knows them. */
export const pathsWithin = <T extends WithPaths>({ prefix }: Region, entries: readonly T[]): T[] =>
  entries
    .filter(({ paths }) => paths.every((path) => path.startsWith(prefix)))
    .map((entry) => ({ ...entry, paths: entry.paths.map((path) => path.slice(prefix.length)) }))
