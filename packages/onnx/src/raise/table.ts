import { clip, gelu, hardSwish, leakyRelu, relu, sigmoid, tanh } from './activations.js'
import { batchNorm } from './batch-norm.js'
import { conv, convTranspose } from './conv.js'
import { add, concat, dropout, flatten, identity, mul } from './elementwise.js'
import { gemm } from './gemm.js'
import { averagePool, globalAveragePool, maxPool } from './pooling.js'
import type { Raiser } from './raiser.js'

/** ONNX operators that layers express exactly; everything else stays as it is. */
export const raisers: ReadonlyMap<string, Raiser> = new Map<string, Raiser>([
  ['Add', add],
  ['AveragePool', averagePool],
  ['BatchNormalization', batchNorm],
  ['Clip', clip],
  ['Concat', concat],
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['Dropout', dropout],
  ['Flatten', flatten],
  ['Gelu', gelu],
  ['Gemm', gemm],
  ['GlobalAveragePool', globalAveragePool],
  ['HardSwish', hardSwish],
  ['Identity', identity],
  ['LeakyRelu', leakyRelu],
  ['MaxPool', maxPool],
  ['Mul', mul],
  ['Relu', relu],
  ['Sigmoid', sigmoid],
  ['Tanh', tanh],
])
