import type { AnyModule } from './module.js'

/** Something a reader noticed and the user should know: a layer that looks foldable but was kept opaque. */
export interface Note {
  readonly path: string
  /** What stands there, in the file's own terms: `BatchNormalization`. */
  readonly what: string
  readonly reason: string
}

/** A mutable holder of an immutable module tree. */
export class Model {
  root: AnyModule
  /** What the reader of a file keeps for writing it back; only that reader looks into it. */
  readonly source: unknown
  notes: readonly Note[]

  constructor(root: AnyModule, { source, notes = [] }: { source?: unknown; notes?: readonly Note[] } = {}) {
    this.root = root
    this.source = source
    this.notes = notes
  }

  /** A new holder of another tree, with what the reader kept. */
  with(root: AnyModule): Model {
    return new Model(root, { source: this.source, notes: this.notes })
  }
}

/** Models as most functions take them: held, or bare. */
export type ModelLike = Model | AnyModule

/** The model itself, or a new holder for a bare module tree. */
export const toModel = (model: ModelLike): Model => ('kind' in model ? new Model(model) : model)
