import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
  tuple,
} from 'fast-check'

/*
 * A random network is a list of steps, each a few numbers. What a number means depends on what is there when the step
 * is carried out (see grow-graph.ts), so every list makes a legal network, and shorter lists make smaller ones:
 * counterexamples shrink.
 */

export interface Step {
  /** What is done. */
  readonly what: number
  /** To which value, counted back from the newest. */
  readonly on: number
  /** The other value, where it takes two. */
  readonly other: number
  /** Decides weights, attributes, modes and hooks. */
  readonly seed: number
  /** What happens inside, where it makes a container. */
  readonly inner: readonly Step[]
}

export interface Recipe {
  /** Shape of the inputs. */
  readonly shape: readonly number[]
  readonly inputs: 1 | 2
  readonly steps: readonly Step[]
  /** Whether types of the inputs are stated. */
  readonly typed: boolean
  /** Whether modules may be in training mode. */
  readonly trains: boolean
}

const channels = constantFrom(1, 2, 4)

/** Two samples, so that a batch has statistics; few elements, so that many networks can be run. */
const shapes: Arbitrary<readonly number[]> = oneof(
  { weight: 5, arbitrary: channels.map((count) => [2, count, 5, 4]) },
  { weight: 2, arbitrary: channels.map((count) => [2, count, 6]) },
  { weight: 1, arbitrary: channels.map((count) => [2, count, 3, 3, 2]) },
  { weight: 3, arbitrary: channels.map((count) => [2, count]) },
)

/** Mostly the newest value, so that layers come to stand one behind the other. */
const recent = oneof({ weight: 4, arbitrary: constant(0) }, { weight: 3, arbitrary: nat(6) })

const stepsOf = (depth: number, maxLength: number): Arbitrary<readonly Step[]> =>
  array(
    record({
      what: nat(999),
      on: recent,
      other: nat(8),
      seed: nat(0xffff),
      inner: depth === 0 ? constant([]) : stepsOf(depth - 1, 5),
    }),
    { minLength: 1, maxLength },
  )

export const recipes: Arbitrary<Recipe> = tuple(
  shapes,
  constantFrom(1 as const, 2 as const),
  stepsOf(2, 10),
  integer({ min: 0, max: 3 }),
  boolean(),
).map(([shape, inputs, steps, typed, trains]) => ({ shape, inputs, steps, typed: typed > 0, trains }))
