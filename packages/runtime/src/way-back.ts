import type { CallContext } from './call-context.js'
import type { Value } from './device.js'

/** What a step has computed, and how gradients go back through it. */
export interface WayBack {
  readonly value: Value
  /** From the gradient of the value to one for each input that they are wanted for; consumes nothing. */
  back(cotangent: Value): readonly Value[]
  /** Frees what the way back has kept. */
  dispose(): void
}

/** Computes of several gradients, one for each input, those that are wanted. */
export const wantedGradients = (wanted: readonly boolean[], gradients: readonly (() => Value)[]): Value[] =>
  gradients.flatMap((gradient, i) => (wanted[i] ? [gradient()] : []))

/**
 * Computes a step whose way back is known; undefined where it is not, for such inputs. Then nothing has been consumed.
 *
 * @param wanted for which of the inputs gradients are wanted
 */
export type WayBackOf = (
  inputs: readonly Value[],
  wanted: readonly boolean[],
  context: CallContext,
) => WayBack | undefined | Promise<WayBack | undefined>
