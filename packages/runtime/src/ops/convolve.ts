import { lax } from '@jax-js/jax'
import type { PadPair } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { convByColumns, gainsByColumns } from './im2col.js'
import type { Window } from './padding.js'

/** A convolution with zeros around, in the way that is faster for it: by columns or by jax-js's own. */
export const convolve = (
  x: Value,
  weight: Value,
  pairs: readonly PadPair[],
  window: Window,
  groups: number,
  device: Device,
): Value =>
  gainsByColumns(x.shape, weight.shape, pairs, window, groups)
    ? convByColumns(x, weight, pairs, window, groups, device)
    : lax.convGeneralDilated(
        x,
        weight,
        [...window.stride],
        pairs.map(([before, after]) => [before, after]),
        { rhsDilation: [...window.dilation], featureGroupCount: groups },
      )
