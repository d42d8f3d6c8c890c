import { numpy as np, vjp } from '@jax-js/jax'
import type { ModelLike, Tensor } from '@nnfuse/ir'
import { Device, type Value } from './device.js'
import { badInput } from './errors.js'
import { execute, type RunContext } from './execute.js'
import { Learned } from './learned.js'
import { type RunOptions, readAll, rootOf, seeds, updated, uploadAll } from './run.js'
import type { RunInput } from './run-input.js'
import { addTo, type Gradients, Tape } from './tape.js'

/**
 * A loss: one number, `[]`, from the outputs of a model and the targets. Both are arrays of jax-js, consumed as every
 * function of jax-js consumes them, and it must be made of such functions.
 */
export type Loss = (outputs: readonly Value[], targets: readonly Value[]) => Value

/** What {@link valueAndGrad} can be told. */
export interface ValueAndGradOptions extends RunOptions {
  /** What the loss compares the outputs with. */
  readonly targets?: readonly RunInput[]
  /** Whether gradients of the inputs are wanted, too. Default false. */
  readonly inputGradients?: boolean
}

/** The loss, what it depends on by how much, and what {@link run} would have given. */
export interface ValueAndGradResult<M extends ModelLike = ModelLike> {
  readonly value: number
  /** By the key of the parameter in the state dict. One that the loss does not depend on has none. */
  readonly gradients: ReadonlyMap<string, Tensor>
  /** One for each input where they are wanted; undefined for integers, and where the loss does not depend on it. */
  readonly inputGradients: readonly (Tensor | undefined)[]
  readonly outputs: readonly Tensor[]
  /** The model with what it has learned from the inputs, such as running statistics. Its parameters are as they were. */
  readonly model: M
}

interface Seed {
  readonly value: number
  /** Gradients of the outputs, by the number that the tape knows them by. */
  readonly cotangents: ReadonlyMap<number, Value>
}

const checkLoss = ({ shape, dtype }: Value): void => {
  if (shape.length > 0) throw badInput(`the loss must be one number, and is [${shape.join(', ')}]`)
  if (!dtype.startsWith('float')) throw badInput(`the loss must be a float, and is ${dtype}`)
}

/** The loss, and its gradients of the outputs. Consumes outputs and targets. */
const seedOf = async (
  loss: Loss,
  outputs: readonly Value[],
  targets: readonly Value[],
  tape: Tape,
): Promise<Seed> => {
  const numbers = outputs.map((value) => tape.numberOf(value))
  const [value, back] = vjp((...values: Value[]) => loss(values, targets), [...outputs])
  checkLoss(value)
  const one = np.ones([], { dtype: value.dtype, device: value.device })
  const gradients = back(one) as unknown as readonly Value[]
  back.dispose()
  const cotangents = new Map<number, Value>()
  for (const [i, gradient] of gradients.entries()) {
    const number = numbers[i]
    if (number === undefined) gradient.dispose()
    else addTo(cotangents, number, gradient)
  }
  return { value: Number((await value.data())[0]), cotangents }
}

const readGradients = async (
  { parameters, inputs }: Gradients,
  device: Device,
): Promise<Pick<ValueAndGradResult, 'gradients' | 'inputGradients'>> => {
  const gradients = new Map<string, Tensor>()
  for (const [{ keys }, value] of parameters) {
    const gradient = await device.read(value)
    for (const key of keys) gradients.set(key, gradient)
  }
  const inputGradients: (Tensor | undefined)[] = []
  for (const value of inputs) inputGradients.push(value && (await device.read(value)))
  return { gradients, inputGradients }
}

/**
 * Runs a model and gives a loss of its outputs, with the gradients of the loss of every parameter, and of the inputs
 * where they are wanted. Modules in training mode learn as in {@link run}; the parameters of the model that comes back
 * are those that were given: take a step and load them (`loadStateDict` of `@nnfuse/ir`).
 *
 * A layer that stands at several paths has one gradient, under each of its keys. What a hook puts in the place of a
 * value is a constant: no gradient goes through it.
 *
 * @throws NnfuseError as {@link run} does; also `RUN_FAILED` for tanh, sigmoid and GELU of float64, and `BAD_INPUT` where
 *   the loss is not one float
 * @example
 * ```ts
 * const squares: Loss = ([y], [wanted]) => {
 *   const difference = y.sub(wanted)
 *   return difference.ref.mul(difference).mean()
 * }
 * const { value, gradients, model } = await valueAndGrad(network, [batch], squares, { targets: [labels] })
 * ```
 */
export const valueAndGrad = async <M extends ModelLike>(
  model: M,
  inputs: readonly RunInput[],
  loss: Loss,
  { device: name = 'wasm', seed = 0, targets = [], inputGradients = false }: ValueAndGradOptions = {},
): Promise<ValueAndGradResult<M>> => {
  const device = await Device.open(name)
  const learned = new Learned()
  const root = rootOf(model)
  const given = await uploadAll(inputs, device)
  const tape = new Tape(root, inputGradients ? given : [])
  const context: RunContext = { device, learned, nextSeed: seeds(seed), tape }
  try {
    const values = await execute(root, given, context)
    const wanted = await uploadAll(targets, device)
    const outputs = await readAll(
      values.map((value) => value.ref),
      device,
    )
    const { value, cotangents } = await seedOf(loss, values, wanted, tape)
    const gradients = await readGradients(tape.pullBack(cotangents), device)
    return { value, ...gradients, outputs, model: updated(model, root, learned) }
  } finally {
    tape.dispose()
  }
}
