import type { Tensor, ValueType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import {
  add,
  div,
  equal,
  floor,
  max,
  min,
  mod,
  mul,
  neg,
  pow,
  reciprocal,
  sqrt,
  sub,
} from './constants/arithmetic.js'
import { cast, castLike } from './constants/cast.js'
import { dequantizeLinear } from './constants/dequantize.js'
import type { Evaluator } from './constants/evaluator.js'
import { concat, expand, gather, gatherND } from './constants/joining.js'
import { range } from './constants/range.js'
import { flatten, reshape, shape, squeeze, transpose, unsqueeze } from './constants/shape-ops.js'
import { slice } from './constants/slice.js'
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
  ['Add', add],
  ['Sub', sub],
  ['Mul', mul],
  ['Div', div],
  ['Pow', pow],
  ['Sqrt', sqrt],
  ['Neg', neg],
  ['Reciprocal', reciprocal],
  ['Floor', floor],
  ['Mod', mod],
  ['Max', max],
  ['Min', min],
  ['Equal', equal],
])

/** Inputs whose types an operator reads, and not their values. */
const typeOnlyInput = (opType: string, input: number): boolean =>
  opType === 'Shape' || (opType === 'CastLike' && input === 1)

/**
 * What a node computes, if its inputs are constants and its operator is one of the few above; else undefined.
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
  if (evaluator === undefined || node.output.length !== 1) return undefined
  const inputs = node.input.map((value) => (value === '' ? undefined : tensorOf(value)))
  const isKnown = (value: string, i: number): boolean =>
    value === '' || inputs[i] !== undefined || typeOnlyInput(node.opType, i)
  if (!node.input.every(isKnown)) return undefined
  return evaluator(node, inputs, node.input.map(typeOf), opset)
}
