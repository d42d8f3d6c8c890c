/** Not applying, as a value with its reason. Something broken is an exception instead. */
export interface Declined {
  readonly declined: string
}

/**
 * Says why a rule does not apply, in words a user can act on.
 *
 * @example `bn.attrs.runningMean !== null || decline('batch-norm keeps no running statistics')`
 */
export const decline = (reason: string): Declined => ({ declined: reason })

/** Whether a guard or a rewrite has declined. */
export const isDeclined = (value: unknown): value is Declined =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Declined>).declined === 'string'
