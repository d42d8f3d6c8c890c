import { convBn } from '@nnfuse/fuser-conv-bn'
import { linearRelu } from '@nnfuse/fuser-linear-relu'
import { qat } from '@nnfuse/fuser-qat'
import type { Plugin } from '@nnfuse/pass-manager'

/** What `fuse` and `fuseModules` use: batch-norm folded, ReLU held together with what it follows. */
export const defaultPlugins = (): Plugin[] => [convBn(), linearRelu()]

/** What `fuseModulesQat` uses: the same layers held together, batch-norm unfolded. */
export const qatPlugins = (): Plugin[] => [qat(), linearRelu()]
