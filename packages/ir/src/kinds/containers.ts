import { checkGraph } from '../check-graph.js'
import type { Graph, ValueId } from '../graph.js'
import { type AnyModule, type Kind, kind, type Module, withHooks, withTraining } from '../module.js'
import type { Ops } from '../ops.js'
import { runInOrder } from './run-in-order.js'

type NoAttrs = Record<never, never>
type Children = ReadonlyMap<string, AnyModule>

const named = (children: readonly AnyModule[] | Readonly<Record<string, AnyModule>> | Children): Children => {
  if (children instanceof Map) return children
  return new Map(
    Array.isArray(children) ? children.map((child, i) => [String(i), child]) : Object.entries(children),
  )
}

type SequentialArguments = [children: readonly AnyModule[] | Readonly<Record<string, AnyModule>> | Children]

/** Layers one after the other; named `0`, `1`, ... or as given. */
export const Sequential: Kind<'nn.Sequential', NoAttrs, SequentialArguments> = kind('nn.Sequential', {
  create: (children) => ({ attrs: {}, children: named(children) }),
  forward: (ops, module, x) => runInOrder(ops, module, x),
})

const runGraph = <V>(ops: Ops<V>, { attrs, children }: Module<string, Graph>, inputs: readonly V[]): V[] => {
  const values = new Map<ValueId, V>(attrs.inputs.map((name, i) => [name, inputs[i] as V]))
  for (const { target, inputs, outputs } of attrs.calls) {
    const child = children.get(target) as AnyModule
    const results = ops.call(
      target,
      child,
      inputs.map((name) => values.get(name) as V),
    )
    for (const [i, name] of outputs.entries()) values.set(name, results[i] as V)
  }
  return attrs.outputs.map((name) => values.get(name) as V)
}

/**
 * Layers joined by a dataflow graph. Written by hand with `graphModule`; `flatten` makes one whose children are
 * keyed by dotted path.
 */
export const GraphModule: Kind<'nn.GraphModule', Graph, [children: Children, graph: Graph]> = kind(
  'nn.GraphModule',
  {
    create: (children, graph) => {
      checkGraph(graph, (target) => children.has(target))
      return { attrs: graph, children }
    },
    forward: (ops, module, ...inputs) => {
      const outputs = runGraph(ops, module, inputs)
      return outputs.length === 1 ? (outputs[0] as (typeof outputs)[number]) : { outputs }
    },
  },
)

/** A module that runs a graph of calls. */
export type GraphModuleOf = Module<'nn.GraphModule', Graph>

/** Another graph in the place of one: in its mode, with its hooks. */
export const withGraph = (
  { training, hooks }: GraphModuleOf,
  children: Children,
  graph: Graph,
): GraphModuleOf => withHooks(withTraining(GraphModule(children, graph), training), hooks)

/** Holds other layers and nothing else: a Sequential or a graph; not a fused layer. */
export const isContainer = (module: AnyModule): boolean => GraphModule.is(module) || Sequential.is(module)
