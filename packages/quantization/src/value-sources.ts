import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  Add,
  type AnyKind,
  type AnyModule,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  Cat,
  Dropout,
  Flatten,
  type GraphModuleOf,
  Identity,
  indexGraph,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  Mul,
  ReLU,
  ReLU6,
  Reshape,
  Sigmoid,
  Squeeze,
  Transpose,
  Unsqueeze,
  type ValueId,
} from '@nnfuse/ir'

const namesOf = (...kinds: readonly AnyKind[]): ReadonlySet<string> => new Set(kinds.map(({ kind }) => kind))

/** Layers that give numbers they were given: what was on a grid stays on it. */
const passing = namesOf(
  Identity,
  Dropout,
  ReLU,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  Flatten,
  Reshape,
  Transpose,
  Squeeze,
  Unsqueeze,
)

/** Layers without a weight that integer kernels compute: given numbers on grids, they give numbers on another. */
const joining = namesOf(
  Add,
  Mul,
  Cat,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  Sigmoid,
)

/** Activations that kernels do on the way: the numbers between a layer and them are never seen. */
const onTheWay = namesOf(ReLU, ReLU6)

export const isPassing = ({ kind }: AnyModule): boolean => passing.has(kind)
export const isJoining = ({ kind }: AnyModule): boolean => joining.has(kind)

const moduleAt = ({ attrs, children }: GraphModuleOf, position: number): AnyModule =>
  children.get(attrs.calls[position]?.target as string) as AnyModule

/** Follows a value back to where its numbers come from: through layers that only pass numbers on, up to one that stops. */
export const sourceOf = (
  graph: GraphModuleOf,
  value: ValueId,
  stops: (value: ValueId) => boolean,
): ValueId => {
  const index = indexGraph(graph.attrs)
  for (let at = value; ; ) {
    const position = stops(at) ? undefined : index.producerOf(at)
    if (position === undefined || !isPassing(moduleAt(graph, position))) return at
    at = graph.attrs.calls[position]?.inputs[0] as ValueId
  }
}

/** The value to be put on a grid in the place of one: that of the activation after it, if nobody else sees it. */
export const settledOutput = (graph: GraphModuleOf, value: ValueId): ValueId => {
  const index = indexGraph(graph.attrs)
  const users = index.usersOf(value)
  const [only] = users
  if (only === undefined || users.length > 1 || index.isOutput(value)) return value
  return onTheWay.has(moduleAt(graph, only).kind) ? (graph.attrs.calls[only]?.outputs[0] as ValueId) : value
}
