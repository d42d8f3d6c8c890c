import { badGraph } from './errors.js'
import type { Call, Graph, ValueId } from './graph.js'
import { hasHooks } from './hooks.js'
import { GraphModule, type GraphModuleOf, isContainer, Sequential } from './kinds/containers.js'
import { type AnyModule, withHooks, withTraining } from './module.js'
import { uniqueNames } from './unique-names.js'

/** Containers that carry hooks stay whole, so that the hooks keep something to watch. */
const dissolves = (module: AnyModule): boolean => isContainer(module) && !hasHooks(module.hooks)

const chainOf = (names: readonly string[]): Graph => {
  const value = (i: number): ValueId => (i === 0 ? 'x' : `y${i}`)
  const calls = names.map((target, i): Call => ({ target, inputs: [value(i)], outputs: [value(i + 1)] }))
  return { inputs: ['x'], calls, outputs: [value(names.length)], types: new Map() }
}

const graphOf = (module: AnyModule): Graph =>
  GraphModule.is(module) ? module.attrs : chainOf([...module.children.keys()])

/** A container being dissolved: how far it got, and what its own values are called in the flat graph. */
interface Frame {
  readonly prefix: string
  readonly module: AnyModule
  readonly graph: Graph
  readonly names: Map<ValueId, ValueId>
  next: number
  /** The call in the frame below that this container answers. */
  readonly answers?: Call
}

/** The flat graph as it grows. Frames are a stack of our own: models may nest deeper than functions can call. */
interface Flattening {
  readonly children: Map<string, AnyModule>
  readonly calls: Call[]
  readonly frames: Frame[]
  readonly unique: (name: string) => string
}

const valueIn = ({ names, prefix }: Frame, value: ValueId): ValueId => {
  const name = names.get(value)
  if (name === undefined) throw badGraph(`value "${value}" is used before anything makes it`, prefix)
  return name
}

const bind = (
  names: Map<ValueId, ValueId>,
  values: readonly ValueId[],
  results: readonly ValueId[],
): void => {
  for (const [i, value] of values.entries()) names.set(value, results[i] as ValueId)
}

const open = (prefix: string, module: AnyModule, inputs: readonly ValueId[], answers?: Call): Frame => {
  const graph = graphOf(module)
  if (graph.inputs.length !== inputs.length) {
    throw badGraph(`"${prefix}" takes ${graph.inputs.length} inputs but is given ${inputs.length}`, prefix)
  }
  const names = new Map<ValueId, ValueId>()
  bind(names, graph.inputs, inputs)
  return { prefix, module, graph, names, next: 0, ...(answers && { answers }) }
}

/** Values of the outermost graph keep their names; others are called after the module that makes them. */
const resultNames = ({ frames, unique }: Flattening, target: string, call: Call): readonly ValueId[] =>
  frames.length === 1 && GraphModule.is((frames[0] as Frame).module)
    ? call.outputs
    : call.outputs.map(() => unique(target))

const enter = (state: Flattening, frame: Frame, call: Call): void => {
  const target = frame.prefix === '' ? call.target : `${frame.prefix}.${call.target}`
  const child = frame.module.children.get(call.target) as AnyModule
  const inputs = call.inputs.map((value) => valueIn(frame, value))
  if (dissolves(child)) {
    state.frames.push(open(target, child, inputs, call))
    return
  }
  const outputs = resultNames(state, target, call)
  bind(frame.names, call.outputs, outputs)
  state.calls.push({ target, inputs, outputs })
  state.children.set(target, child)
}

/** Closes a container; gives the names of its outputs. */
const leave = ({ frames }: Flattening, frame: Frame): readonly ValueId[] => {
  frames.pop()
  const results = frame.graph.outputs.map((value) => valueIn(frame, value))
  const parent = frames.at(-1)
  if (parent !== undefined && frame.answers !== undefined) bind(parent.names, frame.answers.outputs, results)
  return results
}

const allValues = (graph: Graph): ValueId[] => [
  ...graph.inputs,
  ...graph.calls.flatMap((call) => call.outputs),
]

/**
 * One graph over dotted paths: nested containers are dissolved, `layer1.0.conv1` becomes a child of that name.
 * State-dict keys stay what they were. A container that carries hooks is not dissolved. Value names of the
 * outermost graph are kept. A model that is flat already is returned as it is.
 */
export const flatten = (model: AnyModule): GraphModuleOf => {
  if (GraphModule.is(model) && ![...model.children.values()].some(dissolves)) return model
  const root = isContainer(model) ? model : Sequential([model])
  const graph = graphOf(root)
  const unique = uniqueNames(GraphModule.is(root) ? allValues(graph) : graph.inputs)
  const state: Flattening = { children: new Map(), calls: [], frames: [open('', root, graph.inputs)], unique }
  let outputs: readonly ValueId[] = []
  for (let frame = state.frames.at(-1); frame !== undefined; frame = state.frames.at(-1)) {
    const call = frame.graph.calls[frame.next]
    frame.next += 1
    if (call === undefined) outputs = leave(state, frame)
    else enter(state, frame, call)
  }
  const { inputs, types } = graph
  const flat = GraphModule(state.children, { inputs, calls: state.calls, outputs, types })
  return withHooks(withTraining(flat, root.training), root.hooks)
}
