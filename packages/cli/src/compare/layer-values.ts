import { flatten, inference, type Model, type ValueId, withGraph } from '@nnfuse/ir'

/** A value that two models both compute, under one name. */
export interface SharedValue {
  readonly name: ValueId
  /** Of the layer of the first model that makes it. */
  readonly path: string
  readonly kind: string
  /** Values that the layer takes. */
  readonly inputs: readonly ValueId[]
}

const valuesOf = ({ root }: Model): ReadonlySet<ValueId> =>
  new Set(flatten(root).attrs.calls.flatMap(({ outputs }) => outputs))

/** The values that both models compute, in the order in which the first computes them. */
export const sharedValues = (a: Model, b: Model): SharedValue[] => {
  const { attrs, children } = flatten(a.root)
  const inOther = valuesOf(b)
  return attrs.calls.flatMap(({ target, inputs, outputs }) =>
    outputs
      .filter((name) => inOther.has(name))
      .map((name) => ({ name, path: target, kind: children.get(target)?.kind ?? '', inputs })),
  )
}

/** The model with further values as outputs. */
export const withOutputs = (model: Model, names: readonly ValueId[]): Model => {
  const graph = flatten(inference(model.root))
  const outputs = [...new Set([...graph.attrs.outputs, ...names])]
  return model.with(withGraph(graph, graph.children, { ...graph.attrs, outputs }))
}
