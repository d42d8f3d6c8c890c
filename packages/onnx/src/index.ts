export { blobSource, memorySource } from './byte-sources.js'
export {
  documentOf,
  type OnnxDocument,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValueInfo,
  type Origin,
} from './document.js'
export type { OpenExternal } from './external-data.js'
export { defaultOpset, type ImportOptions, importOnnx, opsetOf, type ReadOptions } from './import-onnx.js'
export { OnnxOp, type OnnxOpAttrs, type OnnxOpModule, type OnnxSlot } from './onnx-op.js'
export { type NamedTensor, parseTensor } from './parse-tensor.js'
export type { Segment } from './segments.js'
export {
  type FilePlan,
  initializerTensors,
  type OnnxCounts,
  type OnnxPlan,
  onnxCounts,
  type PlanOptions,
  planOnnx,
  serializeOnnx,
  sourceCounts,
  type WriteOptions,
} from './write-model.js'
