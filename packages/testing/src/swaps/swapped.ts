import { type AnyModule, flatten, type GraphModuleOf, Model } from '@nnfuse/ir'
import { copyOf } from '../copy-of.js'
import type { SwapTrial } from './swap.js'

/** A model before and after layers were swapped, as flat graphs, and the holder that came back. */
export interface Swapped {
  readonly before: GraphModuleOf
  readonly after: GraphModuleOf
  readonly result: Model
}

/** Swaps layers in a model of its own, which `change` may change before. */
export const swapped = (
  { model, swap }: Pick<SwapTrial, 'model' | 'swap'>,
  change: (graph: GraphModuleOf) => AnyModule = (graph) => graph,
): Swapped => {
  const before = flatten(change(flatten(copyOf(model))))
  const result = swap(new Model(before))
  return { before, after: flatten(result.root), result }
}

/** The layers that are to be swapped, by their paths: before and after. */
export const pairsOf = (
  { becomes }: Pick<SwapTrial, 'becomes'>,
  { before, after }: Pick<Swapped, 'before' | 'after'>,
): [path: string, old: AnyModule, fresh: AnyModule][] =>
  Object.keys(becomes).flatMap((path): [string, AnyModule, AnyModule][] => {
    const [old, fresh] = [before.children.get(path), after.children.get(path)]
    return old && fresh ? [[path, old, fresh]] : []
  })
