import { type AnyModule, flatten, type Model, readValues } from '@nnfuse/ir'
import type { ConvertOptions } from './convert.js'
import { FakeQuantize, isUnobserved } from './fake-quantize.js'
import { partsOf } from './kinds/qat-layers.js'
import { conversionsByKind } from './qat-conversions.js'

/** The observer of a layer's weight, where it is to see the weight as it stands. */
const watcherOf = ({ children }: AnyModule) => {
  const watcher = children.get('weight_fake_quant')
  if (watcher === undefined || !FakeQuantize.is(watcher)) return undefined
  return watcher.attrs.observing && isUnobserved(watcher.attrs) ? watcher : undefined
}

/**
 * What observers of weights see when they look at the weights as they stand, batch-norms folded, by the path of the
 * observer; those that have seen something already are left out.
 */
export const weightStates = async (
  { root }: Model,
  { conversions = [] }: ConvertOptions,
): Promise<ReadonlyMap<string, unknown>> => {
  const rows = conversionsByKind(conversions)
  const states = new Map<string, unknown>()
  for (const [path, module] of flatten(root).children) {
    const watcher = watcherOf(module)
    const float = rows.get(module.kind)?.toFloat(module)
    const weight = watcher && float && partsOf(float)?.layer.attrs.weight
    if (watcher === undefined || weight === undefined) continue
    const { observer, spec } = watcher.attrs
    const values = (await readValues(weight)) as Float32Array
    states.set(`${path}.weight_fake_quant`, observer.observe(null, values, weight.shape, spec.axis))
  }
  return states
}
