import { type AnyModule, print } from '@nnfuse/ir'
import type { Instrument } from '../instrument.js'
import { printPipeline } from '../print-pipeline.js'

/** What it takes to see a failure again. */
export interface Reproducer {
  /** The pass that failed, as `parsePipeline` reads it. */
  readonly pipeline: string
  /** From the outermost pass to the one that failed. */
  readonly path: readonly string[]
  readonly message: string
  /** The model that the pass was given, and the same printed. */
  readonly model: AnyModule
  readonly tree: string
}

/** Hands out the failing pass and the model before it, once for each failure. */
export const reproducer = ({ save }: { readonly save: (found: Reproducer) => void }): Instrument => ({
  onFailure: ({ pass, path, before, error, innermost }) => {
    if (!innermost) return
    const { message } = error
    save({ pipeline: printPipeline(pass), path, message, model: before, tree: print(before) })
  },
})
