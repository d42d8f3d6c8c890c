import type { Device, Value } from './device.js'
import type { Learned } from './learned.js'

/** What an operation may use besides its inputs. */
export interface CallContext {
  readonly device: Device
  readonly learned: Learned
  /** Kind of the layer that is being computed. */
  readonly kind: string
  /** A new seed for each use, all drawn from the seed of the run. */
  readonly nextSeed: () => number
}

/** The same for arrays that are being differentiated: no waiting, no reading of numbers. */
export type Differentiable = (inputs: readonly Value[]) => Value

/** One operation: consumes its inputs, gives one value, or none where it is there for its effect. */
export type Compute = (
  inputs: readonly Value[],
  context: CallContext,
) => Value | undefined | Promise<Value | undefined>
