import { type AnyModule, type Kind, kind, type Tensor } from '@nnfuse/ir'

/** What is done to an element before it is stored, without another trip to memory. */
export type EpilogueStep = 'add' | 'relu'

export interface KernelAttrs {
  /** `conv2d+add+relu` */
  readonly name: string
  /** Tensors that it reads besides its inputs, under their names in the code. */
  readonly weights: Readonly<Record<string, Tensor>>
  /** WGSL that declares `value`, element `i` of the output, and computes it from `x` and the weights. */
  readonly body: string
  readonly epilogue: readonly EpilogueStep[]
  /** Of the output. */
  readonly shape: readonly number[]
}

/** A layer, or several that were fused, as one shader. The second input, if any, is what the epilogue adds. */
export const Kernel: Kind<'wgsl.Kernel', KernelAttrs, [given: KernelAttrs]> = kind('wgsl.Kernel', {
  create: (attrs) => ({ attrs }),
  describe: ({ name, shape }) => `${name}, ${shape.join('x')}`,
})

/** The attributes of a module that is known to be a kernel. */
export const kernelAttrs = (module: AnyModule | undefined): KernelAttrs => {
  if (module === undefined || !Kernel.is(module)) throw new TypeError(`${module?.kind} is no kernel`)
  return module.attrs
}
