import type { Tensor, ValueType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import * as arithmetic from './constants/arithmetic.js'
import { batchNorm } from './constants/batch-norm.js'
import { cast, castLike } from './constants/cast.js'
import { dequantizeLinear } from './constants/dequantize.js'
import type { Evaluator } from './constants/evaluator.js'
import * as functions from './constants/functions.js'
import { concat, expand, gather, gatherND } from './constants/joining.js'
import { matMul } from './constants/mat-mul.js'
import { range } from './constants/range.js'
import * as reductions from './constants/reductions.js'
import { flatten, reshape, shape, squeeze, transpose, unsqueeze } from './constants/shape-ops.js'
import { slice } from './constants/slice.js'
import { logSoftmax, softmax } from './constants/softmax.js'
import { constant, constantOfShape, identity } from './constants/value-ops.js'

/*
 * Exporters compute some parameters in the graph: zero biases, shapes, casts of weights. Such islands of
 * constants are resolved here, so that a layer sees its parameters whichever way the file spells them.
 */

const evaluators: ReadonlyMap<string, Evaluator> = new Map<string, Evaluator>([
  ['Constant', constant],
  ['Identity', identity],
  ['Shape', shape],
  ['Gather', gather],
  ['GatherND', gatherND],
  ['Slice', slice],
  ['Squeeze', squeeze],
  ['Unsqueeze', unsqueeze],
  ['Concat', concat],
  ['Cast', cast],
  ['CastLike', castLike],
  ['Expand', expand],
  ['ConstantOfShape', constantOfShape],
  ['Reshape', reshape],
  ['Transpose', transpose],
  ['Flatten', flatten],
  ['DequantizeLinear', dequantizeLinear],
  ['Range', range],
  ['Add', arithmetic.add],
  ['Sub', arithmetic.sub],
  ['Mul', arithmetic.mul],
  ['Div', arithmetic.div],
  ['Pow', arithmetic.pow],
  ['Sqrt', functions.sqrt],
  ['Neg', functions.neg],
  ['Abs', functions.abs],
  ['Reciprocal', functions.reciprocal],
  ['Floor', functions.floor],
  ['Ceil', functions.ceil],
  ['Exp', functions.exp],
  ['Log', functions.log],
  ['Sin', functions.sin],
  ['Cos', functions.cos],
  ['Tanh', functions.tanh],
  ['Sigmoid', functions.sigmoid],
  ['Mod', arithmetic.mod],
  ['Max', arithmetic.max],
  ['Min', arithmetic.min],
  ['Clip', functions.clip],
  ['Equal', arithmetic.equal],
  ['ReduceL1', reductions.reduceL1],
  ['ReduceL2', reductions.reduceL2],
  ['ReduceMax', reductions.reduceMax],
  ['ReduceMean', reductions.reduceMean],
  ['ReduceMin', reductions.reduceMin],
  ['ReduceProd', reductions.reduceProd],
  ['ReduceSum', reductions.reduceSum],
  ['ReduceSumSquare', reductions.reduceSumSquare],
  ['BatchNormalization', batchNorm],
  ['MatMul', matMul],
  ['Softmax', softmax],
  ['LogSoftmax', logSoftmax],
])

/** Inputs whose types an operator reads, and not their values. */
const typeOnlyInput = (opType: string, input: number): boolean =>
  opType === 'Shape' || (opType === 'CastLike' && input === 1)

/**
 * What a node computes first, if its inputs are constants and its operator is one of those above; else undefined.
 *
 * @param tensorOf the tensor of a value that is constant
 */
export const resolveConstant = (
  node: NodeProto,
  tensorOf: (value: string) => Tensor | undefined,
  typeOf: (value: string) => ValueType,
  opset: number,
): Tensor | undefined => {
  const evaluator = evaluators.get(node.opType)
  if (evaluator === undefined) return undefined
  const inputs = node.input.map((value) => (value === '' ? undefined : tensorOf(value)))
  const isKnown = (value: string, i: number): boolean =>
    value === '' || inputs[i] !== undefined || typeOnlyInput(node.opType, i)
  if (!node.input.every(isKnown)) return undefined
  return evaluator(node, inputs, node.input.map(typeOf), opset)
}
