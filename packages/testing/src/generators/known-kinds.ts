import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  Gemm,
  Linear,
} from '@nnfuse/ir'
import { arbitraryBatchNorm1d, arbitraryBatchNorm2d, arbitraryBatchNorm3d } from './batch-norm.js'
import { arbitraryConv1d, arbitraryConv2d, arbitraryConv3d } from './conv.js'
import {
  arbitraryConvTranspose1d,
  arbitraryConvTranspose2d,
  arbitraryConvTranspose3d,
} from './conv-transpose.js'
import { elementwiseGenerators } from './elementwise.js'
import type { LayerGenerator } from './layer-generator.js'
import { arbitraryGemm, arbitraryLinear } from './linear.js'
import { shapeGenerators } from './shape.js'

/** Generators by the name of the kind whose layers they make. */
export type LayerGenerators = ReadonlyMap<string, LayerGenerator>

/** The kinds that random models can be made of without being told how. */
export const knownGenerators: LayerGenerators = new Map<string, LayerGenerator>([
  [Conv1d.kind, arbitraryConv1d],
  [Conv2d.kind, arbitraryConv2d],
  [Conv3d.kind, arbitraryConv3d],
  [ConvTranspose1d.kind, arbitraryConvTranspose1d],
  [ConvTranspose2d.kind, arbitraryConvTranspose2d],
  [ConvTranspose3d.kind, arbitraryConvTranspose3d],
  [Linear.kind, arbitraryLinear],
  [Gemm.kind, arbitraryGemm],
  [BatchNorm1d.kind, arbitraryBatchNorm1d],
  [BatchNorm2d.kind, arbitraryBatchNorm2d],
  [BatchNorm3d.kind, arbitraryBatchNorm3d],
  ...elementwiseGenerators,
  ...shapeGenerators,
])
