import {
  flatten,
  type GraphModuleOf,
  Identity,
  inference,
  type Model,
  replaceModules,
  type ValueId,
  withGraph,
} from '@nnfuse/ir'
import { type ConvertOptions, toFloat } from './convert.js'
import { FakeQuantize } from './fake-quantize.js'

/** The float model of a prepared one, which gives the values that are watched, too. */
export interface WatchedModel {
  readonly model: Model
  /** For each observer that watches, by its path: which output of the model it is to see. */
  readonly places: ReadonlyMap<string, number>
}

const watchedValues = ({ attrs, children }: GraphModuleOf): ReadonlyMap<string, ValueId> =>
  new Map(
    attrs.calls.flatMap(({ target, outputs: [output] }): [string, ValueId][] => {
      const module = children.get(target)
      return module && FakeQuantize.is(module) && module.attrs.observing && output !== undefined
        ? [[target, output]]
        : []
    }),
  )

/**
 * A prepared model with its batch-norms folded, in inference mode, in which nothing is quantized, and with what its
 * observers watch as further outputs. An ordinary model: whatever runs models can run it.
 */
export const watchedModel = (prepared: Model, options: ConvertOptions = {}): WatchedModel => {
  const graph = flatten(prepared.root)
  const watched = watchedValues(graph)
  // They keep the names of values apart until the outputs are listed.
  const held = new Map([...watched.keys()].map((path) => [path, Identity()]))
  const float = toFloat(prepared.with(replaceModules(graph, held)), options)
  const root = flatten(inference(float.root))
  const outputs = [...new Set([...root.attrs.outputs, ...watched.values()])]
  float.root = withGraph(root, root.children, { ...root.attrs, outputs })
  return {
    model: float,
    places: new Map([...watched].map(([path, value]) => [path, outputs.indexOf(value)])),
  }
}
