import type { AnyModule } from './module.js'

/** Something a reader noticed and the user should know: a layer that looks foldable but was kept opaque. */
export interface Note {
  readonly path: string
  /** What stands there, in the file's own terms: `BatchNormalization`. */
  readonly what: string
  readonly reason: string
}

/** What fusing has made a layer from. */
export interface Provenance {
  /** The rules, in the order in which they applied. */
  readonly rules: readonly string[]
  /** Paths of the layers, as they were called before any rule applied. */
  readonly from: readonly string[]
}

/** What else is known of a model. */
export interface ModelOptions {
  readonly source?: unknown
  readonly notes?: readonly Note[]
  readonly provenance?: ReadonlyMap<string, Provenance>
}

/** A mutable holder of an immutable module tree. */
export class Model {
  root: AnyModule
  /** What the reader of a file keeps for writing it back; only that reader looks into it. */
  readonly source: unknown
  notes: readonly Note[]
  /** By path: what fused layers were made from. */
  readonly provenance: ReadonlyMap<string, Provenance>

  constructor(root: AnyModule, { source, notes = [], provenance = new Map() }: ModelOptions = {}) {
    this.root = root
    this.source = source
    this.notes = notes
    this.provenance = provenance
  }

  /** A new holder of another tree, with what the reader kept. */
  with(root: AnyModule, provenance: ReadonlyMap<string, Provenance> = this.provenance): Model {
    return new Model(root, { source: this.source, notes: this.notes, provenance })
  }
}

/** Models as most functions take them: held, or bare. */
export type ModelLike = Model | AnyModule

/** The model itself, or a new holder for a bare module tree. */
export const toModel = (model: ModelLike): Model => ('kind' in model ? new Model(model) : model)
