import type { DType } from '@nnfuse/ir'
import type { Difference } from './compare-results.js'

/** How far one output is apart over all batches. */
export interface OutputCheck extends Difference {
  readonly name: string
  readonly dtype: DType
  /** Largest relative difference that counts as equal. */
  readonly bound: number
  readonly passed: boolean
}

/** What running two models on the same inputs showed. */
export interface Check {
  /** `unchecked` where the first model cannot be run, so that there is nothing to compare with. */
  readonly status: 'passed' | 'failed' | 'unchecked'
  /** Why it failed without numbers, or why nothing was checked. */
  readonly reason?: string
  readonly hint?: string
  readonly seed: number
  /** Of random inputs. */
  readonly batches: number
  /** How many real inputs were compared too. */
  readonly realInputs: number
  /** Where other real inputs came from, and how many batches of them were compared too. */
  readonly inputFiles?: { readonly folder: string; readonly batches: number }
  /** Shapes of one batch of random inputs. */
  readonly inputs: readonly {
    readonly name: string
    readonly dtype: DType
    readonly shape: readonly number[]
  }[]
  readonly outputs: readonly OutputCheck[]
  readonly absolute: number
  readonly relative: number
}

const noNumbers = { batches: 0, realInputs: 0, inputs: [], outputs: [], absolute: 0, relative: 0 }

/** A check that did not take place, with the reason. */
export const unchecked = (seed: number, reason: string, hint?: string): Check => ({
  status: 'unchecked',
  reason,
  ...(hint !== undefined && { hint }),
  seed,
  ...noNumbers,
})

/** A check that failed before there was anything to compare. */
export const failedCheck = (seed: number, reason: string): Check => ({
  status: 'failed',
  reason,
  seed,
  ...noNumbers,
})
