import { bn, conv } from '../fusion-cases/layers.js'
import type { ModelBuilder } from '../fusion-cases/model-builder.js'

/*
 * What stands before and behind the operator that a case is about: a convolution and its batch-norm, which fold, so that
 * what the operator is given comes from another layer than in the file.
 */

export type Sizes = readonly number[]

/** A value of these sizes, `[N, C, ...spatial]`. */
export const convBn = (m: ModelBuilder, [batch = 1, channels = 1, ...spatial]: Sizes): string => {
  const kernel = spatial.map(() => 1)
  return bn(m, conv(m, m.input([batch, 3, ...spatial]), [channels, 3, ...kernel]), channels)
}

/** Of what has so many channels and spatial axes, `[N, 4, ...]`. */
export const thenConvBn = (m: ModelBuilder, x: string, channels: number, spatialAxes = 2): string =>
  bn(m, conv(m, x, [4, channels, ...new Array<number>(spatialAxes).fill(1)]))
