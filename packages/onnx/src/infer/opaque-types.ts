import { unknownType, type ValueType } from '@nnfuse/ir'
import type { OnnxOpAttrs } from '../onnx-op.js'
import * as elementwise from './elementwise.js'
import type { NodeTypes } from './node-types.js'
import { pool } from './pooling.js'
import { conv, convTranspose, gemm, matMul } from './products.js'
import { globalPool, position, reduce } from './reductions.js'
import { gather, range, ranked, sameRank, shape, slice, split } from './selecting.js'

/*
 * Types of nodes that no kind of layer expresses, so that the layers behind them know how many axes they have.
 */

const all = (types: NodeTypes, ...opTypes: readonly string[]): [string, NodeTypes][] =>
  opTypes.map((opType) => [opType, types])

const normalizations = ['BatchNormalization', 'GroupNormalization', 'InstanceNormalization', 'LRN']
const lastAxes = ['LayerNormalization', 'LogSoftmax', 'LpNormalization', 'RMSNormalization', 'Softmax']
const activations = ['Celu', 'Clip', 'Elu', 'Gelu', 'HardSigmoid', 'LeakyRelu', 'Mish', 'PRelu', 'Relu']
const functions = ['Abs', 'Ceil', 'Erf', 'Exp', 'Floor', 'Log', 'Neg', 'Reciprocal', 'Round', 'Sign', 'Sqrt']
const waves = ['Cos', 'Sin', 'Sigmoid', 'Selu', 'Softplus', 'Softsign', 'Tan', 'Tanh']

const table: ReadonlyMap<string, NodeTypes> = new Map<string, NodeTypes>([
  ...all(elementwise.same, ...normalizations, ...lastAxes, ...activations, ...functions, ...waves),
  ...all(elementwise.same, 'CumSum', 'Dropout', 'Identity', 'Not', 'ScatterElements', 'ScatterND', 'Trilu'),
  ...all(elementwise.broadcast, 'Add', 'Div', 'Mean', 'Mod', 'Mul', 'Pow', 'Sub', 'Sum'),
  ['Max', elementwise.max],
  ['Min', elementwise.min],
  ...all(
    elementwise.comparison,
    'And',
    'Equal',
    'Greater',
    'GreaterOrEqual',
    'Less',
    'LessOrEqual',
    'Or',
    'Xor',
  ),
  ['Where', elementwise.where],
  ['Expand', elementwise.expand],
  ['Cast', elementwise.cast],
  ['CastLike', elementwise.castLike],
  ['QuantizeLinear', elementwise.quantizeLinear],
  ['DequantizeLinear', elementwise.dequantizeLinear],
  ['MatMul', matMul],
  ['Gemm', gemm],
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ...all(reduce, 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean'),
  ...all(reduce, 'ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare'),
  ...all(position, 'ArgMax', 'ArgMin'),
  ...all(globalPool, 'GlobalAveragePool', 'GlobalLpPool', 'GlobalMaxPool'),
  ...all(pool, 'AveragePool', 'LpPool', 'MaxPool'),
  ...all(sameRank, 'Pad', 'Resize', 'Tile', 'Upsample'),
  ['Reshape', ranked],
  ['Shape', shape],
  ['Gather', gather],
  ['Range', range],
  ['Slice', slice],
  ['Split', split],
])

/** What is certain of the outputs of an opaque module, from what is known of its inputs. */
export const opaqueTypes = (
  { node, isStandard, opType, slots, outputs }: OnnxOpAttrs,
  given: readonly ValueType[],
): readonly ValueType[] => {
  const types = isStandard ? table.get(opType) : undefined
  if (types === undefined) return []
  const inputs = node.input.map(() => unknownType)
  for (const [i, slot] of slots.entries()) if ('input' in slot) inputs[slot.input] = given[i] ?? unknownType
  const results = types(node, inputs)
  return outputs.map((position) => results[position] ?? unknownType)
}
