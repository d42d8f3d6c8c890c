import {
  type AnyModule,
  type DType,
  elementCount,
  type Model,
  operatorOf,
  stateEntries,
  walk,
} from '@nnfuse/ir'
import { documentOf, initializerTensors, type OnnxCounts, onnxCounts, sourceCounts } from '@nnfuse/onnx'

const batchNormKinds: ReadonlySet<string> = new Set(['nn.BatchNorm1d', 'nn.BatchNorm2d', 'nn.BatchNorm3d'])

/** The second is one of a version that is too old to be read. */
const opaqueBatchNorms = ['BatchNormalization', 'ai.onnx/BatchNormalization']

const isOpaqueBatchNorm = (module: AnyModule): boolean => opaqueBatchNorms.includes(operatorOf(module) ?? '')

/** Whether a model has a batch-norm at all, be it one that can be folded or not. */
export const hasBatchNorm = ({ root }: Model): boolean => {
  for (const { module } of walk(root))
    if (batchNormKinds.has(module.kind) || isOpaqueBatchNorm(module)) return true
  return false
}

/** The dtypes that a model keeps its numbers in. */
export const weightDtypes = (model: Model): ReadonlySet<DType> =>
  new Set([...initializerTensors(model).values()].map(({ dtype }) => dtype))

/** Inputs whose shape the file does not state. ONNX Runtime describes them as it does single numbers. */
export const shapelessInputs = (model: Model): ReadonlySet<string> => {
  const inputs = documentOf(model)?.inputs ?? []
  return new Set(inputs.flatMap(({ name, type }) => (type.shape === undefined ? [name] : [])))
}

/** Elements of all tensors that a layer holds, statistics included. */
export const parametersOf = (module: AnyModule): number =>
  [...stateEntries(module)].reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0)

/** What the file of a model holds. */
export const countsOf = (model: Model): OnnxCounts => sourceCounts(model) ?? onnxCounts(model)
