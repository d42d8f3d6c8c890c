import { numpy as np } from '@jax-js/jax'
import { type GemmAttrs, inFeatures, type LinearAttrs, outFeatures } from '@nnfuse/ir'
import type { Value } from '../device.js'
import { wrongShape } from '../errors.js'

/** `[..., inFeatures]` to `[..., outFeatures]`: all axes but the last are one batch. */
export const linear = (attrs: LinearAttrs, x: Value, weight: Value, bias: Value | undefined): Value => {
  const { shape } = x
  if (shape.at(-1) !== inFeatures(attrs)) throw wrongShape('the input', `[..., ${inFeatures(attrs)}]`, shape)
  const batch = shape.slice(0, -1)
  const rows = batch.reduce((product, size) => product * size, 1)
  const product = np.matmul(x.reshape([rows, inFeatures(attrs)]), weight.transpose())
  const result = bias === undefined ? product : product.add(bias)
  return result.reshape([...batch, outFeatures(attrs)])
}

/** `[rows, inFeatures]` to `[rows, outFeatures]`, with a bias that broadcasts to the result, not the other way round. */
export const gemm = (attrs: GemmAttrs, x: Value, weight: Value, bias: Value): Value => {
  const [rows = 0, features] = x.shape
  const [biasRows] = attrs.bias.shape
  const fits = x.shape.length === 2 && (biasRows === 1 || biasRows === rows)
  if (!fits || features !== attrs.weight.shape[1]) {
    throw wrongShape('the input', `[${biasRows === 1 ? '...' : biasRows}, ${attrs.weight.shape[1]}]`, x.shape)
  }
  return np.matmul(x, weight.transpose()).add(bias)
}
