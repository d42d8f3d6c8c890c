import { elementCount, type ModuleOf, readValues } from '@nnfuse/ir'
import { emitWgsl, workgroupSize } from './emit-wgsl.js'
import { kernelAttrs } from './kernel.js'
import type { Program, ProgramAttrs } from './program.js'

/** One shader that runs. */
export interface Dispatch {
  readonly label: string
  readonly code: string
  readonly workgroups: number
  /** Numbers of the buffers that it reads and, the last one, writes. */
  readonly inputs: readonly number[]
  readonly weights: readonly (readonly number[])[]
  readonly output: number
}

/** A program as plain JSON data, which needs nothing of nnfuse any more. */
export interface Executable extends Omit<ProgramAttrs, 'steps'> {
  readonly dispatches: readonly Dispatch[]
}

/** Writes the shaders and reads the weights; those of fused layers are computed now, one after the other. */
export const toExecutable = async (program: ModuleOf<typeof Program>): Promise<Executable> => {
  const { steps, ...memory } = program.attrs
  const dispatches: Dispatch[] = []
  for (const { kernel, inputs, output } of steps) {
    const attrs = kernelAttrs(program.children.get(kernel))
    const weights: number[][] = []
    for (const tensor of Object.values(attrs.weights))
      weights.push(Array.from(await readValues(tensor), Number))
    const workgroups = Math.ceil(elementCount(attrs.shape) / workgroupSize)
    dispatches.push({ label: kernel, code: emitWgsl(attrs), workgroups, inputs, weights, output })
  }
  return { ...memory, dispatches }
}
