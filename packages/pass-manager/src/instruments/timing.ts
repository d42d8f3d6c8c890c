import type { Instrument, PassInfo } from '../instrument.js'

/** What the runs of one pass took. */
export interface PassTime {
  readonly pass: string
  readonly calls: number
  /** Altogether, passes inside it included. */
  readonly milliseconds: number
}

/** An instrument that knows how long each pass took. */
export interface Timing extends Instrument {
  /** By pass, in the order in which they first ended. */
  readonly times: () => PassTime[]
}

/**
 * Measures passes, those that fail too.
 *
 * @param now a clock in milliseconds: `() => performance.now()`
 */
export const timing = ({ now }: { readonly now: () => number }): Timing => {
  const times = new Map<string, PassTime>()
  const starts = new Map<number, number>()
  const stop = ({ pass, path }: PassInfo): void => {
    const start = starts.get(path.length)
    if (start === undefined) return
    starts.delete(path.length)
    const { calls, milliseconds } = times.get(pass.name) ?? { calls: 0, milliseconds: 0 }
    times.set(pass.name, { pass: pass.name, calls: calls + 1, milliseconds: milliseconds + now() - start })
  }
  return {
    beforePass: ({ path }) => void starts.set(path.length, now()),
    afterPass: stop,
    onFailure: stop,
    times: () => [...times.values()],
  }
}
