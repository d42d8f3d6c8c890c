import {
  type AnyModule,
  type Call,
  flatten,
  type GraphModuleOf,
  type Model,
  replaceModules,
} from '@nnfuse/ir'
import { type ConvertOptions, convert, toFloat } from './convert.js'
import { FakeQuantize } from './fake-quantize.js'
import type { Batches, OpenModel } from './opened-model.js'
import { collected, decibelsOf, outputsOf } from './output-decibels.js'
import { conversionsByKind } from './qat-conversions.js'
import { settledOutput, sourceOf } from './value-sources.js'
import { withoutCalls } from './without-calls.js'

/** What quantizing one layer alone does to the outputs of a model. */
export interface LayerSensitivity {
  readonly path: string
  /** Signal-to-noise ratio of the outputs, in decibels; Infinity where nothing changes. */
  readonly decibels: number
}

const isFakeQuantize = ({ children }: GraphModuleOf, { target }: Call): boolean =>
  FakeQuantize.is(children.get(target) as AnyModule)

/** The calls that put on a grid what a layer takes and gives. */
const gridsAround = (graph: GraphModuleOf, path: string): ReadonlySet<string> => {
  const grids = graph.attrs.calls.filter((call) => isFakeQuantize(graph, call))
  const made = new Set(grids.map(({ outputs }) => outputs[0]))
  const own = graph.attrs.calls.filter(({ target }) => target === path)
  const taken = new Set(
    own.flatMap(({ inputs }) => inputs.map((input) => sourceOf(graph, input, (value) => made.has(value)))),
  )
  const given = new Set(own.flatMap(({ outputs }) => outputs.map((output) => settledOutput(graph, output))))
  const touches = ({ inputs: [from = ''], outputs: [to = ''] }: Call): boolean =>
    taken.has(to) || given.has(from)
  return new Set(grids.filter(touches).map(({ target }) => target))
}

/** The prepared model with all layers but one in float. */
const onlyAt = (prepared: Model, path: string, { conversions = [] }: ConvertOptions): Model => {
  const rows = conversionsByKind(conversions)
  const graph = flatten(prepared.root)
  const kept = gridsAround(graph, path)
  const floats = [...graph.children].flatMap(([target, module]): [string, AnyModule][] => {
    const row = target === path ? undefined : rows.get(module.kind)
    return row ? [[target, row.toFloat(module)]] : []
  })
  const bare = withoutCalls(
    graph,
    (target) => FakeQuantize.is(graph.children.get(target) as AnyModule) && !kept.has(target),
  )
  return prepared.with(replaceModules(bare, new Map(floats)))
}

/** Paths of the prepared layers. */
const preparedLayers = (model: Model, { conversions = [] }: ConvertOptions): string[] => {
  const rows = conversionsByKind(conversions)
  return [...flatten(model.root).children].flatMap(([path, { kind }]) => (rows.has(kind) ? [path] : []))
}

/**
 * Which layers lose most by integers: each prepared layer is quantized alone, with its inputs and its output, and the
 * outputs of the model are compared with those of the float model. The most sensitive come first; they are those to be
 * left in float.
 *
 * @param calibrated what {@link calibrate} or training gave
 * @param batches kept in memory, with the outputs for them: some tens of inputs are enough
 * @throws NnfuseError `NO_BATCHES`, `NOT_OBSERVED`, and whatever `open` throws
 */
export const layerSensitivity = async (
  calibrated: Model,
  batches: Batches,
  open: OpenModel,
  options: ConvertOptions = {},
): Promise<LayerSensitivity[]> => {
  const inputs = await collected(batches)
  const right = await outputsOf(toFloat(calibrated, options), inputs, open)
  const rows: LayerSensitivity[] = []
  for (const path of preparedLayers(calibrated, options)) {
    const model = convert(onlyAt(calibrated, path, options), options)
    rows.push({ path, decibels: await decibelsOf(right, await outputsOf(model, inputs, open)) })
  }
  return rows.sort((a, b) => a.decibels - b.decibels)
}
