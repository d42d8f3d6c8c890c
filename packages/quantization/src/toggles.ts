import { type AnyModule, mapModules, withAttrs } from '@nnfuse/ir'
import { FakeQuantize, type FakeQuantizeAttrs } from './fake-quantize.js'
import { isQatModule } from './kinds/qat-table.js'

const changed = (root: AnyModule, attrs: Partial<FakeQuantizeAttrs>): AnyModule =>
  mapModules(root, (module) => (FakeQuantize.is(module) ? withAttrs(module, attrs) : module))

/** The model with observers that watch, or that keep what they have. */
export const observe = (root: AnyModule, on = true): AnyModule => changed(root, { observing: on })

/** The model with fake quantization, or without: then values pass as they are. */
export const fakeQuantize = (root: AnyModule, on = true): AnyModule => changed(root, { quantizing: on })

/**
 * The model with layers that compute in the slow way, which is numerically stabler where a gamma is nearly 0: twice the
 * work while their batch-norm trains. torch's `_enable_slow_path_for_better_numerical_stability`.
 */
export const slowForward = (root: AnyModule, on = true): AnyModule =>
  mapModules(root, (module) => (isQatModule(module) ? withAttrs(module, { slow: on }) : module))
