import { type Ops, typeOps } from '@nnfuse/ir'
import type { DraftValue } from '../draft.js'
import type { Emitter } from '../emitter.js'
import { clip, gelu, hardswish } from './activations.js'
import { batchNorm } from './batch-norm.js'
import { conv, convTranspose } from './conv.js'
import { gemm, linear } from './linear.js'
import { dynamicQuantize, linearDequantized, linearIntegers } from './linear-integers.js'
import { adaptiveAvgPool, avgPool, maxPool } from './pooling.js'
import { dequantize, quantizeDequantize } from './quantize.js'
import { mean } from './reduce.js'
import { pad, reshape, squeeze, unsqueeze } from './reshaping.js'
import { concat, dropout, flatten } from './shape.js'
import { where } from './where.js'

/** {@link Ops} by writing nodes. */
export const opsOf = (emitter: Emitter): Ops<DraftValue> => ({
  call: (name, module, inputs) => emitter.call(name, module, inputs),
  constant: (tensor) => emitter.constant(tensor),
  conv: (x, attrs, given) => conv(emitter, x, attrs, given),
  convTranspose: (x, attrs, given) => convTranspose(emitter, x, attrs, given),
  batchNorm: (x, attrs, training) => batchNorm(emitter, x, attrs, training),
  linear: (x, attrs, given) => linear(emitter, x, attrs, given),
  gemm: (x, attrs) => gemm(emitter, x, attrs),
  relu: (x) => emitter.node('Relu', [x], x.type),
  clip: (x, min, max) => clip(emitter, x, min, max),
  leakyRelu: (x, slope) => emitter.node('LeakyRelu', [x], x.type, { alpha: { float: slope } }),
  tanh: (x) => emitter.node('Tanh', [x], x.type),
  sigmoid: (x) => emitter.node('Sigmoid', [x], x.type),
  gelu: (x, approximate) => gelu(emitter, x, approximate),
  hardswish: (x) => hardswish(emitter, x),
  add: (a, b) => emitter.node('Add', [a, b], typeOps.add(a.type, b.type)),
  sub: (a, b) => emitter.node('Sub', [a, b], typeOps.sub(a.type, b.type)),
  mul: (a, b) => emitter.node('Mul', [a, b], typeOps.mul(a.type, b.type)),
  div: (a, b) => emitter.node('Div', [a, b], typeOps.div(a.type, b.type)),
  sqrt: (x) => emitter.node('Sqrt', [x], x.type),
  where: (condition, a, b) => where(emitter, condition, a, b),
  mean: (x, axes) => mean(emitter, x, axes),
  quantizeDequantize: (x, grid) => quantizeDequantize(emitter, x, grid),
  dequantize: (integers, scale, zeroPoint, axis, format) =>
    dequantize(emitter, integers, scale, zeroPoint, axis, format),
  dynamicQuantize: (x) => dynamicQuantize(emitter, x),
  linearIntegers: (x, zeroPoint, weight) => linearIntegers(emitter, x, zeroPoint, weight),
  linearDequantized: (x, weight) => linearDequantized(emitter, x, weight),
  concat: (values, axis) => concat(emitter, values, axis),
  flatten: (x, startAxis, endAxis) => flatten(emitter, x, startAxis, endAxis),
  reshape: (x, sizes) => reshape(emitter, x, sizes),
  transpose: (x, perm) => emitter.node('Transpose', [x], typeOps.transpose(x.type, perm), { perm }),
  squeeze: (x, axes) => squeeze(emitter, x, axes),
  unsqueeze: (x, axes) => unsqueeze(emitter, x, axes),
  pad: (x, pads, value) => pad(emitter, x, pads, value),
  maxPool: (x, attrs) => maxPool(emitter, x, attrs),
  avgPool: (x, attrs) => avgPool(emitter, x, attrs),
  adaptiveAvgPool: (x, outputSize) => adaptiveAvgPool(emitter, x, outputSize),
  dropout: (x, p, training) => dropout(emitter, x, p, training),
  kept: (attrs, name) => emitter.constant(attrs[name]),
  learn: () => undefined,
})
