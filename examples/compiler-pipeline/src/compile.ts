import { convBn, convBnAdd } from '@nnfuse/fuser-conv-bn'
import { convAdd, linearRelu } from '@nnfuse/fuser-linear-relu'
import type { AnyModule, ModuleOf } from '@nnfuse/ir'
import { createPassManager, definePlugin, type Plugin, type Report } from '@nnfuse/pass-manager'
import { bindSizes } from './bind-sizes.js'
import { Kernel } from './kernel.js'
import { layOutBuffers } from './lay-out-buffers.js'
import { pickKernels } from './pick-kernels.js'
import { Program } from './program.js'

/** The passes of this compiler. */
const wgsl = (sizes: Readonly<Record<string, number>>): Plugin =>
  definePlugin({
    name: '@nnfuse/example-compiler-pipeline',
    kinds: [Kernel, Program],
    passes: [bindSizes(sizes), pickKernels, layOutBuffers],
  })

/** The fusers whose results this compiler has kernels for: it can add, and apply a ReLU, before it stores an element. */
const fusers: readonly Plugin[] = [convBn(), convBnAdd(), linearRelu(), convAdd()]

/** nnfuse's passes are `flatten`, `drop-identity` and `fuse`. */
const pipelines = {
  unfused: 'pipeline(flatten,bind-sizes,drop-identity,pick-kernels,drop-identity,lay-out-buffers)',
  fused:
    'pipeline(flatten,bind-sizes,repeat{max=8}(drop-identity,fuse),pick-kernels,drop-identity,lay-out-buffers)',
}

export interface Compiled {
  readonly program: ModuleOf<typeof Program>
  readonly report: Report
}

/**
 * Compiles a model to shaders.
 *
 * @param sizes numbers for the sizes that the model leaves open, by its names: `{ batch: 1 }`
 * @throws NnfuseError `PASS_FAILED` where a layer has no kernel
 */
export const compile = (
  model: AnyModule,
  sizes: Readonly<Record<string, number>>,
  which: keyof typeof pipelines = 'fused',
): Compiled => {
  const manager = createPassManager({ plugins: [...fusers, wgsl(sizes)], pipeline: pipelines[which] })
  const { model: program, report } = manager.run(model)
  if (!Program.is(program)) throw new TypeError(`the pipeline ends with ${program.kind}`)
  return { program, report }
}
