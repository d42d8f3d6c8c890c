import {
  type AnyModule,
  flatten,
  type GraphModuleOf,
  indexGraph,
  type ModelLike,
  toModel,
  type ValueId,
} from '@nnfuse/ir'
import { isQatModule, qatKinds } from './kinds/qat-table.js'

/** Layers with a weight at the ends of a model, by path. */
export interface EdgeLayers {
  /** Before them there is none. */
  readonly first: readonly string[]
  /** After them there is none. */
  readonly last: readonly string[]
}

const hasWeight = (module: AnyModule): boolean => qatKinds.has(module.kind) || isQatModule(module)

/** Layers with a weight whose inputs have none behind them. */
const firstOf = ({ attrs, children }: GraphModuleOf): string[] => {
  const behind = new Set<ValueId>()
  const first: string[] = []
  for (const { target, inputs, outputs } of attrs.calls) {
    const known = inputs.some((input) => behind.has(input))
    const weighted = hasWeight(children.get(target) as AnyModule)
    if (weighted && !known) first.push(target)
    if (weighted || known) for (const output of outputs) behind.add(output)
  }
  return first
}

/** Layers with a weight whose outputs reach none. */
const lastOf = ({ attrs, children }: GraphModuleOf): string[] => {
  const index = indexGraph(attrs)
  const reaching = new Set<number>()
  const last: string[] = []
  for (const [i, { target, outputs }] of [...attrs.calls.entries()].reverse()) {
    const reaches = outputs.some((output) => index.usersOf(output).some((user) => reaching.has(user)))
    const weighted = hasWeight(children.get(target) as AnyModule)
    if (weighted && !reaches) last.unshift(target)
    if (weighted || reaches) reaching.add(i)
  }
  return last
}

/**
 * The first and the last layers with a weight, which lose most by integers and are often left in float: what comes from
 * outside has the widest range, and what goes out is no more corrected by anybody.
 *
 * @example `const { first, last } = edgeLayers(fused)`, then `names: Object.fromEntries([...first, ...last].map((path) => [path, null]))`
 */
export const edgeLayers = (model: ModelLike): EdgeLayers => {
  const graph = flatten(toModel(model).root)
  return { first: [...new Set(firstOf(graph))], last: [...new Set(lastOf(graph))] }
}
