/**
 * How far numbers are from those that they should be, in decibels: `10 log10(sum of squares / sum of squared
 * differences)`. 20 dB is a difference of a tenth, 40 of a hundredth.
 */
export class SignalToNoise {
  #signal = 0
  #noise = 0

  /** @param right what the numbers should be, as many as are given */
  add(right: ArrayLike<number>, given: ArrayLike<number>): void {
    for (let i = 0; i < right.length; i += 1) {
      const [value, other] = [right[i] as number, given[i] as number]
      if (Number.isFinite(value)) this.#signal += value ** 2
      if (Object.is(value, other)) continue
      const difference = value - other
      this.#noise += Number.isFinite(difference) ? difference ** 2 : Number.POSITIVE_INFINITY
    }
  }

  /** Infinity where all numbers are equal; minus infinity where one is NaN or infinite and the other is not that. */
  get decibels(): number {
    return this.#noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(this.#signal / this.#noise)
  }
}
