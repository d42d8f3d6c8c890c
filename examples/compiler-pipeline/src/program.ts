import { type AnyModule, type Kind, kind } from '@nnfuse/ir'

/** One kernel that runs; buffers are named by their numbers. */
export interface Step {
  /** Path of the kernel. */
  readonly kernel: string
  readonly inputs: readonly number[]
  readonly output: number
}

export interface ProgramAttrs {
  readonly steps: readonly Step[]
  /** Elements of each buffer. */
  readonly buffers: readonly number[]
  /** Where the inputs and the outputs of the model lie. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** Kernels, which are its children, in the order in which they run, and the memory that they run in. */
export const Program: Kind<
  'wgsl.Program',
  ProgramAttrs,
  [attrs: ProgramAttrs, kernels: ReadonlyMap<string, AnyModule>]
> = kind('wgsl.Program', {
  create: (attrs, children) => ({ attrs, children }),
  describe: ({ steps, buffers }) => `${steps.length} kernels, ${buffers.length} buffers`,
})
