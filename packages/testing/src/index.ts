export type { DeclinesCase, FusesCase, ModelOrExamples, PluginCases, RuleCases } from './cases.js'
export { checkExample } from './check-example.js'
export { codeOfModel } from './code/code-of-model.js'
export { type CompareOptions, compareOutputs } from './compare-outputs.js'
export { arbitraryBatchNorm1d, arbitraryBatchNorm2d, arbitraryBatchNorm3d } from './generators/batch-norm.js'
export { chainOf, type Example } from './generators/chain-of.js'
export { arbitraryConv1d, arbitraryConv2d, arbitraryConv3d } from './generators/conv.js'
export {
  arbitraryConvTranspose1d,
  arbitraryConvTranspose2d,
  arbitraryConvTranspose3d,
} from './generators/conv-transpose.js'
export { arbitraryActivation } from './generators/elementwise.js'
export { generate, type Random } from './generators/generate.js'
export {
  type LayerGenerator,
  layerGenerator,
  type Shape,
  shapesWithAxes,
} from './generators/layer-generator.js'
export { arbitraryLinear } from './generators/linear.js'
export { plusInput } from './generators/plus-input.js'
export { arbitraryTensor } from './generators/tensors.js'
export type { LawOnExample, Violation } from './law.js'
export type { LawCheck } from './law-check.js'
export { lawsOf } from './laws-of.js'
export { kindOf, layerOf } from './layer-of.js'
export { randomInputs } from './random-inputs.js'
export type { LawOptions } from './settings.js'
export type { Engine } from './settle.js'
export { lawsOfSwap, type SwapLawOptions } from './swaps/laws-of-swap.js'
export type { Swap, SwapCase, SwapCases, SwapDeclines } from './swaps/swap.js'
export { type TestSwapOptions, testSwap } from './swaps/test-swap.js'
export { type TestFunction, type TestPluginOptions, testPlugin } from './test-plugin.js'
