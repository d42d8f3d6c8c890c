import type { Value } from './device.js'

/**
 * The values of one module call while it runs. Each is kept until its last use, which takes the value itself;
 * earlier uses take one more reference to it. So memory is free as soon as it can be, and a value that is used
 * twice, as in a residual block, is there both times.
 */
export class Values {
  readonly #values: (Value | undefined)[] = []
  readonly #left: number[]

  constructor(uses: readonly number[]) {
    this.#left = [...uses]
  }

  put(slot: number, value: Value): void {
    if (this.#left[slot] === 0) value.dispose()
    else this.#values[slot] = value
  }

  take(slot: number): Value {
    const value = this.#values[slot]
    if (value === undefined) throw new TypeError(`slot ${slot} is empty`)
    const left = (this.#left[slot] ?? 0) - 1
    this.#left[slot] = left
    if (left > 0) return value.ref
    this.#values[slot] = undefined
    return value
  }

  dispose(): void {
    disposeAll(this.#values.filter((value) => value !== undefined))
    this.#values.length = 0
  }
}

export const disposeAll = (values: readonly Value[]): void => {
  for (const value of values) value.dispose()
}

/**
 * Calls a function that consumes values; where it throws before it has, disposes what is left of them. How much
 * that is shows in the reference counts.
 */
export const consuming = async <T>(
  values: readonly Value[],
  compute: (values: readonly Value[]) => T | Promise<T>,
): Promise<T> => {
  const before = new Map(values.map((value) => [value, value.refCount]))
  try {
    return await compute(values)
  } catch (error) {
    for (const value of before.keys()) {
      const owned = values.filter((other) => other === value).length
      const consumed = (before.get(value) ?? 0) - value.refCount
      for (let i = consumed; i < owned; i += 1) value.dispose()
    }
    throw error
  }
}
