import { type AnyModule, flatten, type GraphModuleOf, stateInputs } from '@nnfuse/ir'
import type { apply, Plan, plan, Rule } from '@nnfuse/matcher'
import { inputShapesIfKnown } from './input-shapes.js'

/** What finds where a rule applies and carries it out: the functions of `@nnfuse/matcher`, or ones to be tested. */
export interface Engine {
  readonly plan: typeof plan
  readonly apply: typeof apply
}

/** A model after one rule has been applied to it until it applied no more. */
export interface Settled {
  /** The model as one flat graph before any of it. */
  readonly graph: GraphModuleOf
  /** The same object as `graph` where the rule did not apply. */
  readonly result: GraphModuleOf
  /** One for each round; in the last the rule did not apply, unless there was no end to it. */
  readonly plans: readonly [Plan, ...Plan[]]
  readonly ended: boolean
}

/** Real models need two or three rounds, and one that takes a layer a round needs as many as there are layers. */
const roundsFor = (graph: GraphModuleOf): number => Math.max(16, graph.attrs.calls.length + 1)

/** Rules may ask for shapes, so the inputs' are stated where they follow from the layers. */
const withStatedInputs = (model: AnyModule): GraphModuleOf => {
  const shapes = inputShapesIfKnown(model)
  return shapes === undefined
    ? flatten(model)
    : stateInputs(
        model,
        shapes.map((shape) => ({ dtype: 'float32', shape })),
      )
}

/** Applies one rule, alone, until it applies no more or has been at it for too long. */
export const settle = ({ plan, apply }: Engine, rule: Rule, model: AnyModule): Settled => {
  const graph = withStatedInputs(model)
  const first = plan(graph, [rule])
  const plans: [Plan, ...Plan[]] = [first]
  let result = graph
  for (let planned = first; planned.applications.length > 0; ) {
    result = apply(planned)
    if (plans.length > roundsFor(graph)) return { graph, result, plans, ended: false }
    planned = plan(result, [rule])
    plans.push(planned)
  }
  return { graph, result, plans, ended: true }
}

/** How often the rule applied, all rounds together. */
export const applicationsOf = ({ plans }: Settled): number =>
  plans.reduce((count, { applications }) => count + applications.length, 0)
