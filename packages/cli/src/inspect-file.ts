import {
  type AnyModule,
  flatten,
  formatType,
  inferTypes,
  isContainer,
  type Model,
  type Note,
  type Region,
  regionsOf,
  type ValueType,
} from '@nnfuse/ir'
import { opsetOf } from '@nnfuse/onnx'
import { readOnnx } from '@nnfuse/onnx/node'
import type { FileCounts } from './fuse-file-result.js'
import { countsOf, parametersOf } from './model-facts.js'

/** A value of the model with what is known of it. */
export interface InspectedValue {
  readonly name: string
  /** `float32[batch, 3, 224, 224]` */
  readonly type: string
}

/** One layer, in the order the layers run; behind them those of graphs inside nodes. */
export interface InspectedLayer {
  /** `layer1.0.conv1` */
  readonly path: string
  readonly kind: string
  /** `64 -> 64, 3x3, padding 1`; for a kind that is nobody's, the ONNX operator. */
  readonly arguments: string
  readonly outputs: readonly InspectedValue[]
  /** Elements of its tensors, statistics included. */
  readonly parameters: number
  /** How often the layer runs. */
  readonly calls: number
}

/** What is in a file, as plain JSON data. */
export interface InspectResult {
  readonly path: string
  readonly opset: number
  readonly counts: FileCounts
  readonly inputs: readonly InspectedValue[]
  readonly outputs: readonly InspectedValue[]
  readonly layers: readonly InspectedLayer[]
  /** Layers that look foldable but were kept as they are, with the reason. */
  readonly notes: readonly Note[]
}

type Types = ReadonlyMap<string, ValueType>

const inspectValue = (types: Types, name: string): InspectedValue => {
  const type = types.get(name)
  return { name, type: type === undefined ? '?' : formatType(type) }
}

/** Of an operator that holds graphs of layers, these are listed themselves. */
const ownParameters = (module: AnyModule): number =>
  [...module.children.values()].some(isContainer) ? 0 : parametersOf(module)

const layersIn = ({ prefix, graph }: Region): InspectedLayer[] => {
  const types = inferTypes(graph)
  const { attrs, children } = graph
  const layers = new Map<string, InspectedLayer>()
  for (const { target, outputs } of attrs.calls) {
    const module = children.get(target)
    if (module === undefined) continue
    const known = layers.get(target)
    layers.set(target, {
      path: prefix + target,
      kind: module.kind,
      arguments: module.definition.describe?.(module.attrs) ?? '',
      outputs: known?.outputs ?? outputs.map((name) => inspectValue(types, name)),
      parameters: ownParameters(module),
      calls: (known?.calls ?? 0) + 1,
    })
  }
  return [...layers.values()]
}

/** What {@link inspectFile} says about a model that is read already. */
export const inspectModel = (path: string, model: Model): InspectResult => {
  const graph = flatten(model.root)
  const types = inferTypes(graph)
  return {
    path,
    opset: opsetOf(model),
    counts: countsOf(model),
    inputs: graph.attrs.inputs.map((name) => inspectValue(types, name)),
    outputs: graph.attrs.outputs.map((name) => inspectValue(types, name)),
    layers: regionsOf(model.root).flatMap(layersIn),
    notes: model.notes,
  }
}

/**
 * Says what layers an ONNX file has. Reads no weights and runs nothing.
 *
 * @throws NnfuseError for a file that cannot be read.
 */
export const inspectFile = async (path: string): Promise<InspectResult> =>
  inspectModel(path, await readOnnx(path))
