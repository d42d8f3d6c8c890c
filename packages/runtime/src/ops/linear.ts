import { numpy as np } from '@jax-js/jax'
import { type GemmAttrs, inFeatures, type LinearAttrs, outFeatures } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { wrongShape } from '../errors.js'

/** `[..., inFeatures]` to `[..., outFeatures]`: all axes but the last are one batch. */
export const linear = async (x: Value, attrs: LinearAttrs, device: Device): Promise<Value> => {
  const { shape } = x
  if (shape.at(-1) !== inFeatures(attrs)) throw wrongShape('the input', `[..., ${inFeatures(attrs)}]`, shape)
  const weight = await device.upload(attrs.weight)
  const bias = attrs.bias && (await device.upload(attrs.bias))
  const batch = shape.slice(0, -1)
  const rows = batch.reduce((product, size) => product * size, 1)
  const product = np.matmul(x.reshape([rows, inFeatures(attrs)]), weight.transpose())
  const result = bias === null ? product : product.add(bias)
  return result.reshape([...batch, outFeatures(attrs)])
}

/** `[rows, inFeatures]` to `[rows, outFeatures]`, with a bias that broadcasts to the result, not the other way round. */
export const gemm = async (x: Value, { weight, bias }: GemmAttrs, device: Device): Promise<Value> => {
  const [rows = 0, features] = x.shape
  const [biasRows] = bias.shape
  const fits = x.shape.length === 2 && (biasRows === 1 || biasRows === rows)
  if (!fits || features !== weight.shape[1]) {
    throw wrongShape('the input', `[${biasRows === 1 ? '...' : biasRows}, ${weight.shape[1]}]`, x.shape)
  }
  const product = np.matmul(x, (await device.upload(weight)).transpose())
  return product.add(await device.upload(bias))
}
