import type { Ops } from '@nnfuse/ir'
import type { Value } from './device.js'
import { adaptiveAvgPlaces, averageOf, avgPlaces, maxPool } from './ops/pooling.js'
import { averageWithWayBack, maxPoolWithWayBack } from './ops/pooling-way-back.js'
import type { Place } from './ops/windows.js'
import type { Recorder, Slot } from './record.js'

/** Averages of what the outputs look at, which depends on the shape of the input. */
const recordAverage = (
  recorder: Recorder,
  x: Slot,
  placesIn: (shape: readonly number[]) => Place[][],
): Slot =>
  recorder.emit(
    [x],
    ([value], { device }) => averageOf(value as Value, placesIn((value as Value).shape), device),
    {
      wayBack: ([value], _wanted, { device }) =>
        averageWithWayBack(value as Value, placesIn((value as Value).shape), device),
    },
  )

type PoolOps = Pick<Ops<Slot>, 'maxPool' | 'avgPool' | 'adaptiveAvgPool'>

/** What looks at windows. */
export const poolOps = (recorder: Recorder): PoolOps => ({
  maxPool: (x, attrs) =>
    recorder.emit([x], ([value], { device }) => maxPool(value as Value, attrs, device), {
      wayBack: ([value], _wanted, { device }) => maxPoolWithWayBack(attrs, value as Value, device),
    }),
  avgPool: (x, attrs) => recordAverage(recorder, x, (shape) => avgPlaces(shape, attrs)),
  adaptiveAvgPool: (x, size) => recordAverage(recorder, x, (shape) => adaptiveAvgPlaces(shape, size)),
})
