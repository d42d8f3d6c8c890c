import {
  type AnyModule,
  findModule,
  type Model,
  readValues,
  replaceModules,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import type { ConvertOptions } from './convert.js'
import { noBatches, observingFailed } from './errors.js'
import { type FakeQuantizeModule, withState } from './fake-quantize.js'
import { type Batches, type OpenedModel, type OpenModel, withOpened } from './opened-model.js'
import { watchedModel } from './watched-model.js'
import { weightStates } from './weight-states.js'

/** What the observers at some paths have seen so far. */
type States = Map<string, unknown>

const moduleAt = (model: Model, path: string): FakeQuantizeModule =>
  findModule(model.root, path) as FakeQuantizeModule

const observeOne = async (
  path: string,
  { attrs: { observer, spec } }: FakeQuantizeModule,
  state: unknown,
  tensor: Tensor,
): Promise<unknown> => {
  const values = (await readValues(tensor)) as Float32Array
  try {
    return observer.observe(state, values, tensor.shape, spec.axis)
  } catch (cause) {
    throw observingFailed(path, cause)
  }
}

const observeAll = async (
  prepared: Model,
  places: ReadonlyMap<string, number>,
  batches: Batches,
  opened: OpenedModel,
): Promise<States> => {
  const states: States = new Map(
    [...places.keys()].map((path) => [path, moduleAt(prepared, path).attrs.state]),
  )
  let count = 0
  for await (const batch of batches) {
    const outputs = await opened.run(batch)
    for (const [path, place] of places) {
      const module = moduleAt(prepared, path)
      states.set(path, await observeOne(path, module, states.get(path), outputs[place] as Tensor))
    }
    count += 1
  }
  if (count === 0) throw noBatches()
  return states
}

const withStates = (prepared: Model, states: readonly (readonly [string, unknown])[]): AnyModule => {
  const changed = states.map(([path, state]): [string, AnyModule] => {
    const module = moduleAt(prepared, path)
    return [path, withAttrs(module, withState(module.attrs, state, module.attrs.scale.shape[0]))]
  })
  return replaceModules(prepared.root, new Map(changed))
}

/**
 * A prepared model whose observers have seen what the float model computes from some inputs: calibration, without
 * training. The float model is run once a batch, with what is watched as further outputs, by whatever the caller runs
 * models with. Observers of weights that have seen nothing yet see the weights as they stand.
 *
 * @param open opens the model once; see {@link OpenModel}
 * @throws NnfuseError `NO_BATCHES`, `NAN_OBSERVED` with the path of the observer, and whatever `open` throws
 * @example
 * ```ts
 * const open: OpenModel = async (model) => ({
 *   run: async (inputs) => (await run(model, inputs)).outputs,
 *   close: async () => undefined,
 * })
 * const integers = convert(await calibrate(prepareQat(fused, mapping), batches, open))
 * ```
 */
export const calibrate = async (
  prepared: Model,
  batches: Batches,
  open: OpenModel,
  options: ConvertOptions = {},
): Promise<Model> => {
  const { model, places } = watchedModel(prepared, options)
  const values = await withOpened(open, model, (opened) => observeAll(prepared, places, batches, opened))
  return prepared.with(withStates(prepared, [...values, ...(await weightStates(prepared, options))]))
}
