import {
  type AnyModule,
  flatten,
  type GraphModuleOf,
  hasHooks,
  type Model,
  type ModelLike,
  type Note,
  type Tensor,
  toModel,
  type ValueId,
  withTraining,
} from '@nnfuse/ir'
import { type Rule, rule } from '@nnfuse/matcher'
import { notObserved } from './errors.js'
import { FakeQuantize, type FakeQuantizeModule, isUnobserved } from './fake-quantize.js'
import { conversionsByKind, type QatConversion } from './qat-conversions.js'
import { QuantizeDequantize } from './quantize-dequantize.js'
import { fixedGrid } from './quantized-tensors.js'
import { repeatGrids } from './repeat-grids.js'
import { type Replaced, replaceLayers } from './replace-layers.js'
import { sourceOf } from './value-sources.js'
import { withoutCalls } from './without-calls.js'

/** What {@link convert} and {@link toFloat} can be told. */
export interface ConvertOptions {
  /** Rows for kinds of layers that are not known here; they come before ours for the same kind. */
  readonly conversions?: readonly QatConversion[]
}

/** A rule for each row. */
const conversionRules = (
  name: string,
  conversions: readonly QatConversion[],
  change: (row: QatConversion, module: AnyModule, path: string) => AnyModule,
): readonly Rule[] => {
  return [...conversionsByKind(conversions).values()].map((row) =>
    rule(`${name} ${row.from.kind}`, [row.from], (module, cx) => change(row, module, cx.paths[0] as string)),
  )
}

/** Hooks on a batch-norm and on the quantization of a weight: after converting nothing runs at their place. */
const lostHooks = (graph: GraphModuleOf, { plan }: Replaced): Note[] =>
  plan.applications.flatMap(({ path }) =>
    [...(graph.children.get(path)?.children ?? [])]
      .filter(([name, { hooks }]) => name !== 'activation' && hasHooks(hooks))
      .map(([name]) => ({
        path: `${path}.${name}`,
        what: 'hook on the layer',
        reason: 'it was dropped: after converting nothing runs at its place',
      })),
  )

const converted = (held: Model, graph: GraphModuleOf, rules: readonly Rule[]): Model => {
  const replaced = replaceLayers(graph, rules)
  const result = held.with(replaced.graph)
  result.notes = [...held.notes, ...lostHooks(graph, replaced)]
  return result
}

const isFakeQuantize = (graph: GraphModuleOf, path: string): boolean =>
  FakeQuantize.is(graph.children.get(path) as AnyModule)

/**
 * The float model with what quantization-aware training has learned: batch-norms folded, nothing quantized any more.
 * torch's `to_float`, of a whole model.
 */
export const toFloat = (model: ModelLike, { conversions = [] }: ConvertOptions = {}): Model => {
  const held = toModel(model)
  const graph = flatten(held.root)
  const bare = withoutCalls(graph, (path) => isFakeQuantize(graph, path))
  const rules = conversionRules('to-float', conversions, (row, module) => row.toFloat(module))
  return converted(held, bare, rules)
}

/** Of each value that a fake quantization gives: its module. */
const quantizedValues = ({ attrs, children }: GraphModuleOf): ReadonlyMap<ValueId, FakeQuantizeModule> =>
  new Map(
    attrs.calls.flatMap(({ target, outputs: [output] }): [ValueId, FakeQuantizeModule][] => {
      const module = children.get(target) as AnyModule
      return FakeQuantize.is(module) && output !== undefined ? [[output, module]] : []
    }),
  )

/** For each path, the scale of its input: null where that is not known, or not the same at every call. */
const inputScales = (graph: GraphModuleOf): ReadonlyMap<string, Tensor | null> => {
  const quantized = quantizedValues(graph)
  const scales = new Map<string, Tensor | null>()
  for (const {
    target,
    inputs: [input],
  } of graph.attrs.calls) {
    if (input === undefined) continue
    const source = sourceOf(graph, input, (value) => quantized.has(value))
    const scale = quantized.get(source)?.attrs.scale ?? null
    const known = scales.get(target)
    scales.set(target, known === undefined || known === scale ? scale : null)
  }
  return scales
}

const checkObserved = (graph: GraphModuleOf): void => {
  for (const { target } of graph.attrs.calls) {
    const module = graph.children.get(target) as AnyModule
    if (FakeQuantize.is(module) && isUnobserved(module.attrs)) throw notObserved(target)
  }
}

const fixed: Rule = rule('fix the grid', [FakeQuantize], (module) =>
  withTraining(QuantizeDequantize(fixedGrid(module.attrs)), module.training),
)

/**
 * The model of integers: each prepared layer with an integer weight and bias, batch-norms folded, and between them
 * `ao.QuantizeDequantize` with the grids that were learned. It runs, and computes what the integers will; writing it to
 * ONNX gives QuantizeLinear and DequantizeLinear around the layers. torch's `convert`, to its reference modules.
 *
 * Weights and batch-norms of what is converted must not change any more: call it on what training has left.
 *
 * @throws NnfuseError `NOT_OBSERVED` for a value of which no range is known
 */
export const convert = (model: ModelLike, { conversions = [] }: ConvertOptions = {}): Model => {
  const held = toModel(model)
  const graph = flatten(held.root)
  checkObserved(graph)
  const scales = inputScales(graph)
  const rules = conversionRules('convert', conversions, (row, module, path) =>
    row.quantize ? row.quantize(module, scales.get(path) ?? null) : row.toFloat(module),
  )
  const result = converted(held, graph, [...rules, fixed])
  result.root = repeatGrids(result.root as GraphModuleOf)
  return result
}
