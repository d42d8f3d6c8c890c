import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  uniqueNames,
  type ValueId,
  withGraph,
  withTraining,
} from '@nnfuse/ir'
import { FakeQuantize, type FakeQuantizeOptions } from './fake-quantize.js'
import { gridBehind } from './grid-behind.js'
import type { QConfig } from './qconfig.js'
import { isJoining, settledOutput, sourceOf } from './value-sources.js'

/** Says how a layer at a path is quantized; null where it stays float. */
export type ConfigAt = (path: string, module: AnyModule) => QConfig | null

/** Values to be put on a grid, with the qconfig of the layer that makes them, else of the first that takes them. */
type Places = Map<ValueId, QConfig>

const place = (places: Places, value: ValueId, config: QConfig): void => {
  if (!places.has(value)) places.set(value, config)
}

/** The layers that compute with integers: their inputs and outputs are on grids. */
const placeAround = (graph: GraphModuleOf, prepared: ReadonlyMap<string, QConfig>, places: Places): void => {
  const known = (value: ValueId): boolean => places.has(value)
  for (const { target, outputs } of graph.attrs.calls) {
    const config = prepared.get(target)
    if (config) for (const output of outputs) place(places, settledOutput(graph, output), config)
  }
  for (const { target, inputs } of graph.attrs.calls) {
    const config = prepared.get(target)
    if (config)
      for (const input of inputs) place(places, settledOutput(graph, sourceOf(graph, input, known)), config)
  }
}

/** Sums, and the like, whose inputs are all on grids by now; tells whether there were any. */
const placeJoined = (graph: GraphModuleOf, configAt: ConfigAt, places: Places): boolean => {
  const known = (value: ValueId): boolean => places.has(value)
  const before = places.size
  for (const {
    target,
    inputs,
    outputs: [output],
  } of graph.attrs.calls) {
    const module = graph.children.get(target) as AnyModule
    if (output === undefined || !isJoining(module)) continue
    if (!inputs.every((input) => known(sourceOf(graph, input, known)))) continue
    const config = configAt(target, module)
    if (config !== null) place(places, settledOutput(graph, output), config)
  }
  return places.size > before
}

/** Gives the calls and the modules that quantize values, and the new names of values. */
class Insertion {
  readonly calls: Call[] = []
  readonly children: Map<string, AnyModule>
  readonly #graph: GraphModuleOf
  readonly #places: Places
  readonly #renamed = new Map<ValueId, ValueId>()
  readonly #valueName: (name: string) => string
  readonly #path: (name: string) => string

  constructor(graph: GraphModuleOf, places: Places) {
    this.#graph = graph
    this.#places = places
    this.children = new Map(graph.children)
    this.#path = uniqueNames(graph.children.keys())
    const { inputs, calls } = graph.attrs
    this.#valueName = uniqueNames([...inputs, ...calls.flatMap(({ outputs }) => outputs)])
  }

  nameOf(value: ValueId): ValueId {
    return this.#renamed.get(value) ?? value
  }

  #quantize(place: string, from: ValueId, to: ValueId, activation: FakeQuantizeOptions): void {
    const target = this.#path(`${place}.activation_post_process`)
    const module = withTraining(FakeQuantize({ ...activation, axis: null }), this.#graph.training)
    this.children.set(target, module)
    this.calls.push({ target, inputs: [from], outputs: [to] })
  }

  /** Inputs keep their names, so what is made of them gets another. */
  input(value: ValueId): void {
    const config = this.#places.get(value)
    if (config === undefined) return
    const quantized = this.#valueName(`${value}.quantized`)
    this.#quantize(value, value, quantized, config.activation)
    this.#renamed.set(value, quantized)
  }

  /** Everybody goes on using the value under its name, so the number before it is quantized gets another. */
  call({ target, inputs, outputs }: Call): void {
    const made = outputs.map((value) => (this.#places.has(value) ? this.#valueName(`${value}.float`) : value))
    this.calls.push({ target, inputs: inputs.map((value) => this.nameOf(value)), outputs: made })
    const module = this.#graph.children.get(target) as AnyModule
    for (const [i, value] of outputs.entries()) {
      const config = this.#places.get(value)
      if (config) this.#quantize(target, made[i] as ValueId, value, gridBehind(module, config.activation))
    }
  }
}

/**
 * The graph with a fake quantization for each value that integer kernels take or give: what goes into and comes out of
 * the prepared layers, sums and averages of such values; one for each value, and none for values that are on a grid
 * already because they were only passed on.
 *
 * @param prepared the layers with quantized weights, by path
 */
export const insertActivations = (
  graph: GraphModuleOf,
  prepared: ReadonlyMap<string, QConfig>,
  configAt: ConfigAt,
): GraphModuleOf => {
  const places: Places = new Map()
  placeAround(graph, prepared, places)
  while (placeJoined(graph, configAt, places));
  if (places.size === 0) return graph
  const insertion = new Insertion(graph, places)
  for (const input of graph.attrs.inputs) insertion.input(input)
  for (const call of graph.attrs.calls) insertion.call(call)
  const { inputs, outputs, types } = graph.attrs
  return withGraph(graph, insertion.children, {
    inputs,
    calls: insertion.calls,
    outputs: outputs.map((value) => insertion.nameOf(value)),
    types,
  })
}
