import { clip, gelu, hardSwish, leakyRelu, relu, sigmoid, tanh } from './activations.js'
import { batchNorm } from './batch-norm.js'
import { conv, convTranspose } from './conv.js'
import { add, concat, div, dropout, identity, mul, sub } from './elementwise.js'
import { gemm, matMul } from './gemm.js'
import { pad } from './pad.js'
import { averagePool, globalAveragePool, maxPool } from './pooling.js'
import type { Raiser } from './raiser.js'
import { flatten, reshape, squeeze, transpose, unsqueeze } from './reshaping.js'

/** ONNX operators that layers express exactly; everything else stays as it is. */
export const raisers: ReadonlyMap<string, Raiser> = new Map<string, Raiser>([
  ['Add', add],
  ['AveragePool', averagePool],
  ['BatchNormalization', batchNorm],
  ['Clip', clip],
  ['Concat', concat],
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['Div', div],
  ['Dropout', dropout],
  ['Flatten', flatten],
  ['Gelu', gelu],
  ['Gemm', gemm],
  ['GlobalAveragePool', globalAveragePool],
  ['HardSwish', hardSwish],
  ['Identity', identity],
  ['LeakyRelu', leakyRelu],
  ['MatMul', matMul],
  ['MaxPool', maxPool],
  ['Mul', mul],
  ['Pad', pad],
  ['Relu', relu],
  ['Reshape', reshape],
  ['Sigmoid', sigmoid],
  ['Squeeze', squeeze],
  ['Sub', sub],
  ['Tanh', tanh],
  ['Transpose', transpose],
  ['Unsqueeze', unsqueeze],
])
