import { elementCount, flatten, type Graph, type GraphModuleOf, type ValueId } from '@nnfuse/ir'
import type { Pass } from '@nnfuse/pass-manager'
import { Kernel, kernelAttrs } from './kernel.js'
import { Program, type Step } from './program.js'
import { knownSizes } from './sizes.js'

/** Where a value is used last; what leaves the model is used after everything. */
const lastUses = ({ calls, outputs }: Graph): ReadonlyMap<ValueId, number> => {
  const last = new Map<ValueId, number>()
  for (const [i, { inputs }] of calls.entries()) for (const value of inputs) last.set(value, i)
  for (const value of outputs) last.set(value, calls.length)
  return last
}

/** Buffers that are given and given back. */
class Pool {
  /** Elements of each buffer so far. */
  readonly sizes: number[] = []
  readonly #free: number[] = []

  /** The free buffer that fits best: the smallest that is large enough, else the largest, which grows. */
  take(size: number): number {
    const waste = (buffer: number): number => {
      const spare = (this.sizes[buffer] as number) - size
      return spare < 0 ? Number.MAX_SAFE_INTEGER + spare : spare
    }
    this.#free.sort((a, b) => waste(a) - waste(b))
    const buffer = this.#free.shift() ?? this.sizes.length
    this.sizes[buffer] = Math.max(this.sizes[buffer] ?? 0, size)
    return buffer
  }

  giveBack(buffer: number): void {
    this.#free.push(buffer)
  }
}

/** A buffer is free again after the last kernel that reads it, so that no kernel writes what it reads. */
const layOut = (graph: GraphModuleOf): ReturnType<typeof Program> => {
  const { inputs, calls, outputs, types } = graph.attrs
  const last = lastUses(graph.attrs)
  const pool = new Pool()
  const places = new Map(
    inputs.map((value) => [value, pool.take(elementCount(knownSizes(types.get(value)) ?? []))]),
  )
  const placeOf = (value: ValueId): number => places.get(value) as number
  const steps = calls.map(({ target, inputs: read, outputs: [result = ''] }, i): Step => {
    const output = pool.take(elementCount(kernelAttrs(graph.children.get(target)).shape))
    places.set(result, output)
    const done = new Set([...read, result].filter((value) => (last.get(value) ?? i) === i))
    for (const value of done) pool.giveBack(placeOf(value))
    return { kernel: target, inputs: read.map(placeOf), output }
  })
  const attrs = { steps, buffers: pool.sizes, inputs: inputs.map(placeOf), outputs: outputs.map(placeOf) }
  return Program(attrs, graph.children)
}

/** Decides where each value lies. Few buffers do, as most values are needed for a short time only. */
export const layOutBuffers: Pass = {
  name: 'lay-out-buffers',
  description: 'Decides where each value lies',
  requires: (model) => {
    const others = [...flatten(model).children].filter(([, module]) => !Kernel.is(module))
    return others.length === 0 || `these are no kernels: ${others.map(([path]) => path).join(', ')}`
  },
  run: (model) => layOut(flatten(model)),
}
