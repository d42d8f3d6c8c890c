import type { Device, Value } from './device.js'
import type { Statistics } from './statistics.js'

/** What an operation may use besides its inputs. */
export interface CallContext {
  readonly device: Device
  readonly statistics: Statistics
  /** Kind of the layer that is being computed. */
  readonly kind: string
  /** A new seed for each use, all drawn from the seed of the run. */
  readonly nextSeed: () => number
}

/** One operation: consumes its inputs, gives one value. */
export type Compute = (inputs: readonly Value[], context: CallContext) => Value | Promise<Value>
