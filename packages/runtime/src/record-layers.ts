import type { BatchNormAttrs, Given, Ops, Tensor } from '@nnfuse/ir'
import type { Device, Value } from './device.js'
import { batchNorm } from './ops/batch-norm.js'
import { batchNormWithWayBack } from './ops/batch-norm-way-back.js'
import { conv } from './ops/conv.js'
import { convTranspose } from './ops/conv-transpose.js'
import { convTransposeWithWayBack } from './ops/conv-transpose-way-back.js'
import { convWithWayBack } from './ops/conv-way-back.js'
import { gemm, linear } from './ops/linear.js'
import type { Recorder, Slot } from './record.js'
import type { WayBackOf } from './way-back.js'

type Layer = (x: Value, weight: Value, bias: Value | undefined, device: Device) => Value

/** A layer; weight and bias are its own unless others are given. */
const recordLayer = (
  recorder: Recorder,
  x: Slot,
  { weight, bias }: { readonly weight: Tensor; readonly bias: Tensor | null },
  given: Given<Slot>,
  compute: Layer,
  wayBack?: WayBackOf,
): Slot => {
  const ownBias = bias && !given.bias ? [recorder.constant(bias)] : []
  const inputs = [given.weight ?? recorder.constant(weight), ...(given.bias ? [given.bias] : ownBias)]
  return recorder.emit(
    [x, ...inputs],
    ([value, weightValue, biasValue], { device }) =>
      compute(value as Value, weightValue as Value, biasValue, device),
    { wayBack },
  )
}

/** Batch-norm; its weight and bias are inputs, so that there are gradients for them. */
const recordBatchNorm = (recorder: Recorder, x: Slot, attrs: BatchNormAttrs, training: boolean): Slot => {
  const affine = [attrs.weight, attrs.bias].flatMap((tensor) => (tensor ? [recorder.constant(tensor)] : []))
  return recorder.emit(
    [x, ...affine],
    ([value, ...unused], context) => {
      for (const one of unused) one.dispose()
      return batchNorm(value as Value, attrs, training, context)
    },
    {
      wayBack: (inputs, wanted, context) => batchNormWithWayBack(attrs, training, inputs, wanted, context),
    },
  )
}

type LayerOps = Pick<Ops<Slot>, 'conv' | 'convTranspose' | 'batchNorm' | 'linear' | 'gemm'>

/** What has weights. */
export const layerOps = (recorder: Recorder): LayerOps => ({
  conv: (x, attrs, given = {}) =>
    recordLayer(
      recorder,
      x,
      attrs,
      given,
      (...values) => conv(attrs, ...values),
      (inputs, wanted, { device }) => convWithWayBack(attrs, inputs, wanted, device),
    ),
  convTranspose: (x, attrs, given = {}) =>
    recordLayer(
      recorder,
      x,
      attrs,
      given,
      (value, weight, bias) => convTranspose(attrs, value, weight, bias),
      (inputs, wanted, { device }) => convTransposeWithWayBack(attrs, inputs, wanted, device),
    ),
  batchNorm: (x, attrs, training) => recordBatchNorm(recorder, x, attrs, training),
  linear: (x, attrs, given = {}) =>
    recordLayer(recorder, x, attrs, given, (value, weight, bias) => linear(attrs, value, weight, bias)),
  gemm: (x, attrs) =>
    recordLayer(recorder, x, attrs, {}, (value, weight, bias) => gemm(attrs, value, weight, bias as Value)),
})
