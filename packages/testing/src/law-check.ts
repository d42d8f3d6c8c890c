/** One law for one rule, ready to be registered as a test. */
export interface LawCheck {
  readonly name: string
  /** @throws NnfuseError `LAW_BROKEN` with the counterexample, or another where the cases themselves are at fault */
  readonly run: () => Promise<void>
}

/** A check that may also be made at once; what it throws rejects the promise either way. */
export const lawCheck = (name: string, run: () => Promise<void> | void): LawCheck => ({
  name,
  run: async () => {
    await run()
  },
})
