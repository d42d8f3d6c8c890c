import { affine } from '@nnfuse/fuser-affine'
import { convBn } from '@nnfuse/fuser-conv-bn'
import { linearRelu } from '@nnfuse/fuser-linear-relu'
import { qat } from '@nnfuse/fuser-qat'
import { reparam } from '@nnfuse/fuser-reparam'
import type { Plugin } from '@nnfuse/pass-manager'
import { simplify } from '@nnfuse/simplify'

/**
 * What `fuse` and `fuseModules` use: batch-norm folded, ReLU held together with what it follows, parallel branches that
 * are added merged into one convolution, per-channel arithmetic moved into weights, what can be computed ahead computed
 * ahead. `fuseModules` takes layers in a row, so it has no use for the last three.
 */
export const defaultPlugins = (): Plugin[] => [convBn(), linearRelu(), reparam(), affine(), simplify()]

/** What `fuseModulesQat` uses: the same layers held together, batch-norm unfolded. */
export const qatPlugins = (): Plugin[] => [qat(), linearRelu()]
