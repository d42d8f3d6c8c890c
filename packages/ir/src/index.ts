export { holdsApproximate } from './approximate.js'
export { axesIn, axisIn } from './axes.js'
export { checkGraph } from './check-graph.js'
export { bitsPerElement, type DType, type FloatDType, isFloat, promote } from './dtype.js'
export { isNnfuseError, listNames, NnfuseError, type NnfuseErrorDetails } from './errors.js'
export { flatten } from './flatten.js'
export {
  fromBfloat16Bits,
  fromFloat16Bits,
  roundTo,
  toBfloat16Bits,
  toFloat16Bits,
} from './float-format.js'
export type { Call, Graph, ValueId } from './graph.js'
export { type GraphIndex, indexGraph } from './graph-index.js'
export { type GraphModuleOptions, graphModule, type Symbolic } from './graph-module.js'
export { type Hook, type Hooks, hasHooks, hook, noHooks } from './hooks.js'
export { computeSizes, sizesIn, withSizes } from './infer/known-sizes.js'
export {
  equalSizes,
  isSizeProduct,
  multiplySizes,
  type SizeProduct,
  sizeProductOf,
} from './infer/size-products.js'
export { divideDims } from './infer/sizes.js'
export { typeOps } from './infer/type-ops.js'
export { inferModule, inferTypes, refineType } from './infer-types.js'
export {
  type BatchNormOptions,
  type ConvOptions,
  type ConvTransposeOptions,
  manualSeed,
  type Seeded,
} from './init/manual-seed.js'
export {
  GELU,
  type GELUAttrs,
  Hardswish,
  LeakyReLU,
  type LeakyReLUAttrs,
  ReLU,
  ReLU6,
  Sigmoid,
  SiLU,
  Tanh,
} from './kinds/activations.js'
export type { Padding, PaddingArgument, PadPair, PerAxis } from './kinds/attributes.js'
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormArguments,
  type BatchNormAttrs,
  type BatchNormModule,
} from './kinds/batch-norm.js'
export { GraphModule, type GraphModuleOf, isContainer, Sequential, withGraph } from './kinds/containers.js'
export {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvArguments,
  type ConvAttrs,
  type ConvModule,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeArguments,
  type ConvTransposeAttrs,
  type ConvTransposeModule,
  inChannels,
  inChannelsTransposed,
  kernelSize,
  outChannels,
  outChannelsTransposed,
  type PaddingMode,
} from './kinds/conv.js'
export {
  Add,
  Cat,
  Constant,
  type ConstantAttrs,
  Div,
  Dropout,
  Flatten,
  type FlattenAttrs,
  Identity,
  isNoOp,
  Mul,
  Sub,
} from './kinds/elementwise.js'
export { isBatchNorm, isConv, isConvTranspose } from './kinds/families.js'
export {
  BNReLU2d,
  BNReLU3d,
  ConvAdd2d,
  ConvAddReLU2d,
  ConvBn1d,
  ConvBn2d,
  ConvBn3d,
  ConvBnReLU1d,
  ConvBnReLU2d,
  ConvBnReLU3d,
  ConvReLU1d,
  ConvReLU2d,
  ConvReLU3d,
  ConvTransposeBn1d,
  ConvTransposeBn2d,
  ConvTransposeBn3d,
  type FusedKind,
  fusedKind,
  LinearBn1d,
  LinearBnReLU1d,
  LinearLeakyReLU,
  LinearReLU,
  LinearTanh,
} from './kinds/fused.js'
export {
  Gemm,
  type GemmAttrs,
  type GemmModule,
  inFeatures,
  Linear,
  type LinearArguments,
  type LinearAttrs,
  type LinearModule,
  outFeatures,
} from './kinds/linear.js'
export { outputChannels, type WeightedModule } from './kinds/output-channels.js'
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  type AdaptiveAvgPoolAttrs,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  type AvgPoolAttrs,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  type MaxPoolAttrs,
} from './kinds/pooling.js'
export {
  type AxesAttrs,
  Pad,
  type PadAttrs,
  Reshape,
  type ReshapeAttrs,
  type ReshapeSize,
  Squeeze,
  Transpose,
  type TransposeAttrs,
  Unsqueeze,
} from './kinds/shape.js'
export { activations, withActivation } from './kinds/with-activation.js'
export { Model, type ModelLike, type ModelOptions, type Note, type Provenance, toModel } from './model.js'
export {
  type AnyKind,
  type AnyModule,
  type Definition,
  type Kind,
  type KindOptions,
  kind,
  type Module,
  type ModuleOf,
  type ModuleParts,
  type Outputs,
  withAttrs,
  withChildren,
  withHooks,
  withTraining,
} from './module.js'
export { operatorOf } from './operator-of.js'
export type { Given, Grid, IntegerFormat, IntegerWeight, LearningStep, Ops } from './ops.js'
export { findModule, inference, type Located, mapModules, replaceModules, train, walk } from './paths.js'
export { print } from './print.js'
export {
  dequantize,
  type Quantized,
  quantizedInputs,
  quantizedOf,
  quantizedTensor,
} from './quantized-tensor.js'
export { partReader, type ReadPart } from './read-parts.js'
export { computeNow, peekBytes, readBytes, readValues } from './read-tensor.js'
export { pathsInModel, pathsWithin, type Region, regionsOf } from './regions.js'
export {
  type HookHandle,
  type RegisterOptions,
  registerForwardHook,
  registerForwardPreHook,
} from './register-hook.js'
export { readSafetensors, writeSafetensors } from './safetensors.js'
export { loadStateDict, type StateEntry, stateDict, stateEntries } from './state-dict.js'
export { stateInputs } from './state-inputs.js'
export {
  type ByteSource,
  byteLength,
  type ChangePart,
  deferredTensor,
  elementCount,
  elementwiseTensor,
  formatTensor,
  isTensor,
  operandsOf,
  type Storage,
  sliceTensor,
  type Tensor,
  tensorOf,
} from './tensor.js'
export { decode, decodeFloats, encode, floatTensor, type TypedArray } from './tensor-values.js'
export { uniqueNames } from './unique-names.js'
export { type Dim, formatType, rankOf, unknownType, type ValueType } from './value-type.js'
