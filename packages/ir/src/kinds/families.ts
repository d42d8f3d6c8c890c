import type { AnyModule } from '../module.js'
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormModule } from './batch-norm.js'
import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvModule,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeModule,
} from './conv.js'

/*
 * Kinds that differ in their number of spatial axes only.
 */

/** A convolution of 1, 2 or 3 axes; no transposed one. */
export const isConv = (module: AnyModule): module is ConvModule =>
  Conv1d.is(module) || Conv2d.is(module) || Conv3d.is(module)

/** A transposed convolution of 1, 2 or 3 axes. */
export const isConvTranspose = (module: AnyModule): module is ConvTransposeModule =>
  ConvTranspose1d.is(module) || ConvTranspose2d.is(module) || ConvTranspose3d.is(module)

/** A batch-norm of 1, 2 or 3 spatial axes. */
export const isBatchNorm = (module: AnyModule): module is BatchNormModule =>
  BatchNorm1d.is(module) || BatchNorm2d.is(module) || BatchNorm3d.is(module)
