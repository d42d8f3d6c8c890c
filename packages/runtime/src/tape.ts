import { vjp } from '@jax-js/jax'
import type { AnyModule } from '@nnfuse/ir'
import type { CallContext, Differentiable } from './call-context.js'
import type { Value } from './device.js'
import { badInput } from './errors.js'
import { type Parameter, Parameters } from './parameters.js'
import type { ComputeStep } from './record.js'

/*
 * Reverse-mode differentiation, a step at a time. Each step is differentiated by jax-js when it is computed, and what
 * jax-js gives for the way back is kept. Between steps a run may wait, read files and call hooks, as it always may.
 */

type Pullback = ((cotangent: Value) => readonly Value[]) & { dispose(): void }

interface Node {
  readonly output: number
  /** Numbers of the inputs that gradients go to. */
  readonly inputs: readonly number[]
  readonly back: Pullback
}

const isFloat = ({ dtype }: Value): boolean => dtype.startsWith('float')

/** Where gradients end up. */
export interface Gradients {
  readonly parameters: ReadonlyMap<Parameter, Value>
  readonly inputs: readonly (Value | undefined)[]
}

export class Tape {
  readonly #numbers = new Map<Value, number>()
  readonly #nodes: Node[] = []
  readonly #leaves = new Map<number, Parameter>()
  readonly #inputs: readonly (number | undefined)[]
  readonly #parameters: Parameters
  #count = 0

  /** @param inputs of the model that gradients are wanted for */
  constructor(root: AnyModule, inputs: readonly Value[]) {
    this.#parameters = new Parameters(root)
    this.#inputs = inputs.map((value) => (isFloat(value) ? this.#track(value) : undefined))
  }

  #track(value: Value): number {
    const number = this.#count
    this.#count += 1
    this.#numbers.set(value, number)
    return number
  }

  /** Computes a step; notes the way back where one of its inputs depends on a parameter or on an input of the model. */
  async compute(
    step: ComputeStep,
    inputs: readonly Value[],
    context: CallContext,
    module: AnyModule,
  ): Promise<Value | undefined> {
    const tracked = inputs.map((value) => (isFloat(value) ? this.#numbers.get(value) : undefined))
    if (step.outputs.length === 0 || tracked.every((number) => number === undefined)) {
      const value = await step.compute(inputs, context)
      const parameter = step.source && this.#parameters.find(step.source, module)
      if (value !== undefined && parameter !== undefined) this.#leaves.set(this.#track(value), parameter)
      return value
    }
    const known = await this.#withWayBack(step, tracked, inputs, context)
    if (known !== undefined) return known
    return step.gradient === undefined
      ? this.#differentiate(tracked, inputs, (values) => synchronous(step.compute(values, context)))
      : this.#differentiateOther(step, tracked, inputs, context)
  }

  async #withWayBack(
    { wayBack }: ComputeStep,
    tracked: readonly (number | undefined)[],
    inputs: readonly Value[],
    context: CallContext,
  ): Promise<Value | undefined> {
    const wanted = tracked.map((number) => number !== undefined)
    const way = await wayBack?.(inputs, wanted, context)
    if (way === undefined) return undefined
    const back = Object.assign(
      (cotangent: Value): readonly Value[] => {
        const gradients = way.back(cotangent)
        cotangent.dispose()
        return gradients
      },
      { dispose: () => way.dispose() },
    )
    const from = tracked.filter((number) => number !== undefined)
    this.#nodes.push({ inputs: from, back, output: this.#track(way.value) })
    return way.value
  }

  /** The value is that of the step, the way back that of another function for nearly the same. */
  async #differentiateOther(
    step: ComputeStep,
    tracked: readonly (number | undefined)[],
    inputs: readonly Value[],
    context: CallContext,
  ): Promise<Value | undefined> {
    const value = await step.compute(
      inputs.map((input) => input.ref),
      context,
    )
    const like = this.#differentiate(tracked, inputs, step.gradient as Differentiable)
    if (value !== undefined) this.#numbers.set(value, this.#numbers.get(like) as number)
    if (value !== like) like.dispose()
    return value
  }

  #differentiate(
    tracked: readonly (number | undefined)[],
    inputs: readonly Value[],
    compute: Differentiable,
  ): Value {
    const from = tracked.flatMap((number, i) => (number === undefined ? [] : [i]))
    const traced = (...values: Value[]): Value =>
      compute(
        inputs.map((input, i) => (tracked[i] === undefined ? input : (values[from.indexOf(i)] as Value))),
      )
    const [value, back] = vjp(
      traced,
      from.map((i) => inputs[i] as Value),
    )
    const node = { inputs: from.map((i) => tracked[i] as number), back: back as unknown as Pullback }
    this.#nodes.push({ ...node, output: this.#track(value) })
    return value
  }

  numberOf(value: Value): number | undefined {
    return this.#numbers.get(value)
  }

  /** Goes the way back from what is known of the outputs, by their numbers; consumes it. */
  pullBack(seeds: ReadonlyMap<number, Value>): Gradients {
    const cotangents = new Map(seeds)
    for (const { output, inputs, back } of this.#nodes.splice(0).reverse()) {
      const cotangent = cotangents.get(output)
      cotangents.delete(output)
      if (cotangent !== undefined) {
        for (const [i, gradient] of back(cotangent).entries())
          addTo(cotangents, inputs[i] as number, gradient)
      }
      back.dispose()
    }
    return this.#sorted(cotangents)
  }

  #sorted(cotangents: Map<number, Value>): Gradients {
    const inputs = this.#inputs.map((number) => (number === undefined ? undefined : cotangents.get(number)))
    const parameters = new Map<Parameter, Value>()
    for (const [number, parameter] of this.#leaves) {
      const gradient = cotangents.get(number)
      if (gradient !== undefined) addTo(parameters, parameter, gradient)
    }
    return { parameters, inputs }
  }

  /** Frees what the way back has kept. */
  dispose(): void {
    for (const { back } of this.#nodes.splice(0)) back.dispose()
  }
}

/** Adds to what is there; consumes both. */
export const addTo = <K>(sums: Map<K, Value>, key: K, value: Value): void => {
  const sum = sums.get(key)
  sums.set(key, sum === undefined ? value : sum.add(value))
}

const synchronous = (value: Value | undefined | Promise<Value | undefined>): Value => {
  if (value === undefined || value instanceof Promise)
    throw badInput('there is no gradient for it in float64')
  return value
}
