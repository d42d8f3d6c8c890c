import type { BatchNormAttrs } from '@nnfuse/ir'
import type { CallContext } from '../call-context.js'
import { type Device, scalar, type Value } from '../device.js'
import { type WayBack, wantedGradients } from '../way-back.js'
import {
  asChannels,
  channelMean,
  type Normalization,
  normalizationOf,
  normalized,
  usesBatch,
} from './batch-norm.js'

/*
 * With m and v the statistics, r = 1 / sqrt(v + eps), and means over the n elements of each channel:
 *
 *   dbeta  = n mean(dy)
 *   dgamma = n mean(dy (x - m)) r
 *   dx     = gamma r dy                                                   by running statistics
 *   dx     = gamma r (dy - mean(dy) - (x - m) r^2 mean(dy (x - m)))       by those of the batch
 */

interface Call {
  readonly x: Value
  readonly by: Normalization
  /** r */
  readonly inverse: Float64Array
  /** Whether the statistics depend on the input. */
  readonly ofBatch: boolean
  readonly device: Device
}

/** `[C]` both. */
interface Means {
  readonly ofDy: Value
  readonly ofProduct: Value
}

const centred = ({ x, by, device }: Call): Value => x.ref.sub(asChannels(by.mean, x, device))

const meansOf = (call: Call, dy: Value): Means => ({
  ofDy: channelMean(dy.ref),
  ofProduct: channelMean(dy.ref.mul(centred(call))),
})

/** `[C]` so that it broadcasts to the input. */
const spread = ({ x }: Call, channels: Value): Value =>
  channels.ref.reshape([-1, ...x.shape.slice(2).map(() => 1)])

const gradientOfInput = (call: Call, dy: Value, { ofDy, ofProduct }: Means): Value => {
  const { x, by, inverse, ofBatch, device } = call
  const scale = inverse.map((one, c) => one * (by.weight?.[c] ?? 1))
  const scaled = (value: Value): Value => value.mul(asChannels(scale, x, device))
  if (!ofBatch) return scaled(dy.ref)
  const slope = spread(call, ofProduct).mul(
    asChannels(
      inverse.map((one) => one * one),
      x,
      device,
    ),
  )
  return scaled(dy.ref.sub(spread(call, ofDy)).sub(centred(call).mul(slope)))
}

const countOf = ({ x, inverse }: Call): number => x.shape.reduce((a, b) => a * b, 1) / inverse.length

const gradientOfWeight = (call: Call, { ofProduct }: Means): Value => {
  const count = countOf(call)
  return ofProduct.ref.mul(
    asChannels(
      call.inverse.map((one) => count * one),
      ofProduct,
      call.device,
    ),
  )
}

const gradientOfBias = (call: Call, { ofDy }: Means): Value => ofDy.ref.mul(scalar(ofDy, countOf(call)))

/** Batch-norm of an input, and its gradients of the input, and of weight and bias where there are such. */
export const batchNormWithWayBack = async (
  attrs: BatchNormAttrs,
  training: boolean,
  [x, ...affine]: readonly Value[],
  wanted: readonly boolean[],
  context: CallContext,
): Promise<WayBack> => {
  const input = x as Value
  const by = await normalizationOf(input, attrs, training, context)
  const inverse = Float64Array.from(by.variance, (value) => 1 / Math.sqrt(value + attrs.eps))
  const { device } = context
  const call: Call = { x: input, by, inverse, ofBatch: usesBatch(attrs, training), device }
  for (const one of affine) one.dispose()
  return {
    value: normalized(input.ref, by, attrs.eps, device),
    back: (dy) => {
      const means = meansOf(call, dy)
      const found = wantedGradients(wanted, [
        () => gradientOfInput(call, dy, means),
        ...(attrs.weight ? [() => gradientOfWeight(call, means)] : []),
        ...(attrs.bias ? [() => gradientOfBias(call, means)] : []),
      ])
      for (const mean of Object.values(means)) mean.dispose()
      return found
    },
    dispose: () => input.dispose(),
  }
}
