import { type AnyModule, type Call, Constant, type GraphModuleOf, type ValueId } from '@nnfuse/ir'
import type { ValuePattern } from '@nnfuse/matcher'
import type { KnownRule } from './known-rule.js'

/*
 * Every way in which a pattern fits a graph, found without any thought: each layer of the pattern is tried at each
 * call, and each pair of operands in both orders. Shares no code with the matcher.
 */

type LayerNode = Extract<ValuePattern['node'], { slot: unknown }>

export interface BruteMatch {
  /** The call of each layer, in the order in which the pattern names them, inputs first. */
  readonly calls: readonly number[]
  /** What the replacement is given. */
  readonly inputs: readonly ValueId[]
  /** The calls whose outputs leave the match. */
  readonly outputs: readonly number[]
  /** Calls that are looked at and stay. */
  readonly constants: readonly number[]
  /** Values and layers by name. */
  readonly values: ReadonlyMap<string, ValueId>
  /** Which of the layers each name captures. */
  readonly captures: ReadonlyMap<string, number>
}

const isLayer = (node: ValuePattern['node']): node is LayerNode => 'slot' in node

const isConstant = ({ slot }: LayerNode): boolean => slot.kinds.every((kind) => kind === Constant.kind)

const layersOf = (outputs: readonly ValuePattern[]): LayerNode[] => {
  const layers: LayerNode[] = []
  const visit = ({ node }: ValuePattern): void => {
    if (!isLayer(node) || layers.includes(node)) return
    for (const input of node.inputs ?? []) visit(input)
    layers.push(node)
  }
  for (const output of outputs) visit(output)
  return layers
}

const callAt = (graph: GraphModuleOf, position: number): Call => graph.attrs.calls[position] as Call

export const moduleAt = (graph: GraphModuleOf, position: number): AnyModule =>
  graph.children.get(callAt(graph, position).target) as AnyModule

/** Every choice of different calls for the layers whose modules may stand there. */
function* choices(
  graph: GraphModuleOf,
  [layer, ...rest]: readonly LayerNode[],
  taken: readonly number[] = [],
): Generator<readonly number[]> {
  if (layer === undefined) {
    yield taken
    return
  }
  for (const position of graph.attrs.calls.keys()) {
    const module = moduleAt(graph, position)
    const mayStand = layer.slot.kinds.includes(module.kind) && layer.slot.accepts(module)
    if (mayStand && !taken.includes(position)) yield* choices(graph, rest, [...taken, position])
  }
}

/** Every way to exchange the operands of layers that allow it. */
const orders = (layers: readonly LayerNode[]): ReadonlySet<LayerNode>[] => {
  let sets: ReadonlySet<LayerNode>[] = [new Set()]
  for (const layer of layers) {
    if (layer.slot.commutative && layer.inputs?.length === 2)
      sets = sets.flatMap((set) => [set, new Set([...set, layer])])
  }
  return sets
}

const operandsOf = (
  layer: LayerNode,
  exchanged: ReadonlySet<LayerNode>,
): readonly ValuePattern[] | undefined =>
  exchanged.has(layer) ? [...(layer.inputs ?? [])].reverse() : layer.inputs

/** The values by name where calls are joined as the pattern says; else undefined. */
const valuesByName = (
  graph: GraphModuleOf,
  layers: readonly LayerNode[],
  calls: readonly number[],
  exchanged: ReadonlySet<LayerNode>,
): Map<string, ValueId> | undefined => {
  const callOf = (layer: LayerNode): Call => callAt(graph, calls[layers.indexOf(layer)] as number)
  const values = new Map<string, ValueId>()
  for (const layer of layers)
    if (layer.name !== undefined) values.set(layer.name, callOf(layer).outputs[0] as ValueId)
  for (const layer of layers) {
    const operands = operandsOf(layer, exchanged)
    if (operands === undefined) continue
    const { inputs } = callOf(layer)
    if (inputs.length !== operands.length) return undefined
    for (const [i, { node, output }] of operands.entries()) {
      const value = inputs[i] as ValueId
      const expected = isLayer(node) ? callOf(node).outputs[output] : (values.get(node.any) ?? value)
      if (value !== expected) return undefined
      if (!isLayer(node)) values.set(node.any, value)
    }
  }
  return values
}

/** What a replacement is given: values of new names, and all inputs of layers that may have any, as they are met. */
const inputsOf = (
  graph: GraphModuleOf,
  outputs: readonly ValuePattern[],
  layers: readonly LayerNode[],
  calls: readonly number[],
  values: ReadonlyMap<string, ValueId>,
): ValueId[] => {
  const inputs: ValueId[] = []
  const met = new Set<LayerNode | string>(layers.flatMap(({ name }) => name ?? []))
  const visit = ({ node }: ValuePattern): void => {
    const key = isLayer(node) ? node : node.any
    if (met.has(key)) return
    met.add(key)
    if (!isLayer(node)) inputs.push(values.get(node.any) as ValueId)
    else if (node.inputs !== undefined) for (const input of node.inputs) visit(input)
    else if (!isConstant(node)) inputs.push(...callAt(graph, calls[layers.indexOf(node)] as number).inputs)
  }
  for (const output of outputs) visit(output)
  return inputs
}

/** Every match of a rule's pattern, legal or not. */
export const listMatches = (graph: GraphModuleOf, { outputs }: KnownRule): BruteMatch[] => {
  const layers = layersOf(outputs)
  const found = new Map<string, BruteMatch>()
  for (const calls of choices(graph, layers)) {
    const callOf = (layer: LayerNode): number => calls[layers.indexOf(layer)] as number
    for (const exchanged of orders(layers)) {
      const values = valuesByName(graph, layers, calls, exchanged)
      if (values === undefined) continue
      const match = {
        calls,
        values,
        inputs: inputsOf(graph, outputs, layers, calls, values),
        outputs: outputs.map(({ node }) => callOf(node as LayerNode)),
        constants: layers.filter(isConstant).map(callOf),
        captures: new Map(layers.flatMap(({ name }, i) => (name === undefined ? [] : [[name, i]]))),
      }
      found.set(JSON.stringify([calls, match.inputs]), match)
    }
  }
  return [...found.values()]
}
