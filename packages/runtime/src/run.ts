import type { AnyModule, ModelLike, Tensor } from '@nnfuse/ir'
import { Device, type DeviceName, type Value } from './device.js'
import { execute, type RunContext } from './execute.js'
import { Learned } from './learned.js'
import { type RunInput, toTensor } from './run-input.js'
import { disposeAll } from './values.js'

/** What {@link run} can be told. */
export interface RunOptions {
  /** Where to compute: `wasm` (the default) or `webgpu`. */
  readonly device?: DeviceName
  /** Decides what dropout in training mode keeps; an integer, 0 unless told. */
  readonly seed?: number
}

/** What comes of a run: numbers, and the model that has learned from them. */
export interface RunResult<M extends ModelLike = ModelLike> {
  /** The outputs, in memory. Float16 and bfloat16 were computed in float32 and stay so. */
  readonly outputs: Tensor[]
  /** The model with updated running statistics: the object that was given where none have changed. */
  readonly model: M
}

/** Puts inputs on a device; frees those that are there should one fail. */
export const uploadAll = async (inputs: readonly RunInput[], device: Device): Promise<Value[]> => {
  const values: Value[] = []
  try {
    for (const input of inputs) values.push(await device.upload(toTensor(input)))
    return values
  } catch (error) {
    disposeAll(values)
    throw error
  }
}

/** Reads values, which it consumes. */
export const readAll = async (values: readonly Value[], device: Device): Promise<Tensor[]> => {
  const outputs: Tensor[] = []
  for (const value of values) outputs.push(await device.read(value))
  return outputs
}

/** Seeds for the dropouts of a run, one after the other. The odd step visits all 32-bit numbers. */
export const seeds = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    return state
  }
}

export const rootOf = (model: ModelLike): AnyModule => ('kind' in model ? model : model.root)

/** The model with what was learned: the object that was given where that is nothing. */
export const updated = <M extends ModelLike>(model: M, root: AnyModule, learned: Learned): M => {
  const changed = learned.appliedTo(root)
  if (changed === root) return model
  return ('kind' in model ? changed : model.with(changed)) as M
}

/**
 * Runs a model on some inputs.
 *
 * Every module computes what its kind's forward says, in training or inference mode as its `training` says. Hooks
 * run in PyTorch's order and see tensors in memory. A batch-norm in training mode changes its running statistics:
 * the model with the new ones is returned, the given one is not touched.
 *
 * Computing is in float32, and in float64 where a float64 tensor takes part (on `wasm` only).
 *
 * @param model a model or a bare module tree
 * @param inputs one for each input of the model
 * @throws NnfuseError `RUN_FAILED` where a layer cannot be computed; its `path` is the dotted path of the layer
 *   and its `cause` what went wrong there, a wrong shape or number of inputs for example
 * @throws NnfuseError `NO_FORWARD` where a kind does not say what it computes
 * @throws NnfuseError `DEVICE_UNAVAILABLE`, `DTYPE_UNSUPPORTED`, `TENSOR_SIZE`, `BAD_HOOK_RESULT`
 * @throws whatever a hook throws, as it is
 *
 * @example
 * ```ts
 * const { outputs } = await run(model, [{ data: new Float32Array(12), shape: [1, 3, 2, 2] }])
 * const numbers = await readValues(outputs[0])
 * ```
 */
export const run = async <M extends ModelLike>(
  model: M,
  inputs: readonly RunInput[],
  { device: name = 'wasm', seed = 0 }: RunOptions = {},
): Promise<RunResult<M>> => {
  const device = await Device.open(name)
  const learned = new Learned()
  const context: RunContext = { device, learned, nextSeed: seeds(seed) }
  const root = rootOf(model)
  const values = await execute(root, await uploadAll(inputs, device), context)
  const outputs = await readAll(values, device)
  return { outputs, model: updated(model, root, learned) }
}
