import {
  type AnyModule,
  type Call,
  GraphModule,
  type GraphModuleOf,
  inferModule,
  type ValueId,
} from '@nnfuse/ir'
import type { Shape } from './layers.js'

/** A value of a graph that is growing. */
export interface Value {
  readonly id: ValueId
  readonly shape: Shape
}

/** A child of a graph that is growing, with what it has been called on. */
export interface Child {
  readonly name: string
  readonly module: AnyModule
  readonly takes: readonly Shape[]
}

const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i])

const isKnown = (shape: Shape | readonly (number | null | string)[] | undefined): shape is Shape =>
  shape?.every((size) => typeof size === 'number' && size > 0) ?? false

/** So that networks stay quick to run. */
const maxElements = 600

/** The shapes that a module gives, or undefined where it cannot be called on these or gives too much. */
export const shapesGiven = (module: AnyModule, takes: readonly Shape[]): readonly Shape[] | undefined => {
  const types = inferModule(
    module,
    takes.map((shape) => ({ dtype: 'float32', shape })),
  )
  const shapes = types.map(({ shape }) => shape)
  if (!shapes.every(isKnown)) return undefined
  const isSmall = (shape: Shape): boolean => shape.reduce((a, b) => a * b, 1) <= maxElements
  return (shapes as readonly Shape[]).every(isSmall) ? (shapes as readonly Shape[]) : undefined
}

/** A graph that is growing. */
export class Scope {
  readonly children: Child[] = []
  readonly outputs: ValueId[] = []
  readonly #inputs: readonly Value[]
  readonly #values: Value[]
  readonly #calls: Call[] = []

  constructor(shapes: readonly Shape[]) {
    this.#inputs = shapes.map((shape, i) => ({ id: `in${i}`, shape }))
    this.#values = [...this.#inputs]
  }

  /** Counted back from the newest. */
  value(back: number): Value {
    return this.#values.at(-1 - (back % this.#values.length)) as Value
  }

  /** The newest ones that fit come first. */
  ofShape(shape: Shape): readonly Value[] {
    return this.#values.filter((value) => sameShape(value.shape, shape)).reverse()
  }

  thatTake(...takes: readonly Shape[]): readonly Child[] {
    return this.children.filter(
      (child) =>
        child.takes.length === takes.length &&
        takes.every((shape, i) => sameShape(shape, child.takes[i] as Shape)),
    )
  }

  /** Puts a module in; `conv2d`, then `conv2d_1`: names such as fusing gives, too. */
  add(module: AnyModule, takes: readonly Shape[]): Child {
    const base = module.kind.slice(module.kind.indexOf('.') + 1).toLowerCase()
    const taken = this.children.filter(({ name }) => name.startsWith(base)).length
    const child = { name: taken === 0 ? base : `${base}_${taken}`, module, takes }
    this.children.push(child)
    return child
  }

  /** Calls a child on values that it can be called on. Single numbers are given and not kept for later steps. */
  call({ name, module }: Child, ...inputs: readonly Value[]): readonly Value[] {
    const shapes = shapesGiven(
      module,
      inputs.map(({ shape }) => shape),
    ) as readonly Shape[]
    const made = shapes.map((shape, i) => ({ id: `v${this.#calls.length}_${i}`, shape }))
    this.#calls.push({ target: name, inputs: inputs.map(({ id }) => id), outputs: made.map(({ id }) => id) })
    this.#values.push(...made.filter(({ shape }) => shape.length > 1))
    return made
  }

  /** Puts a module in and calls it, unless it does not fit. */
  apply(module: AnyModule, ...inputs: readonly Value[]): readonly Value[] | undefined {
    const takes = inputs.map(({ shape }) => shape)
    return shapesGiven(module, takes) && this.call(this.add(module, takes), ...inputs)
  }

  /** The newest value and all that were marked are outputs. */
  toGraph(): GraphModuleOf {
    const children = new Map(this.children.map(({ name, module }) => [name, module]))
    return GraphModule(children, {
      inputs: this.#inputs.map(({ id }) => id),
      calls: this.#calls,
      outputs: [...new Set([this.value(0).id, ...this.outputs])],
      types: new Map(),
    })
  }
}
