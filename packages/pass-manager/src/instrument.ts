import type { AnyModule } from '@nnfuse/ir'
import type { Pass } from './pass.js'

/** A pass that is about to run. */
export interface PassInfo {
  readonly pass: Pass
  /** From the outermost pass to this one: `['pipeline', 'repeat{max=16}', 'fuse']`. */
  readonly path: readonly string[]
  /** The model that it is given. */
  readonly before: AnyModule
}

/** A pass that ran. */
export interface AfterPassInfo extends PassInfo {
  readonly after: AnyModule
  readonly changed: boolean
}

/** A pass that failed. */
export interface FailureInfo extends PassInfo {
  /** The `PASS_FAILED` error that is thrown next. */
  readonly error: Error
  /** True for the pass that failed, false for those around it, which are told afterwards. */
  readonly innermost: boolean
}

/**
 * Watches passes. For every pass `beforePass` is followed by `afterPass` or, if it fails, `onFailure`. Of several
 * instruments the last is nearest to the pass: told last before it and first after it. One that throws in
 * `beforePass` or `afterPass` makes the pass fail.
 */
export interface Instrument {
  readonly beforePass?: (info: PassInfo) => void
  readonly afterPass?: (info: AfterPassInfo) => void
  readonly onFailure?: (info: FailureInfo) => void
}
