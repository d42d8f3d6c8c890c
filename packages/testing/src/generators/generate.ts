import type { Tensor } from '@nnfuse/ir'
import { type Arbitrary, boolean, gen, integer } from 'fast-check'
import { arbitraryTensor } from './tensors.js'

/** What a random layer or model is made of: each call draws something. */
export interface Random {
  /** A whole number, both limits included. */
  integer(min: number, max: number): number
  boolean(): boolean
  oneOf<const T extends readonly [unknown, ...unknown[]]>(...choices: T): T[number]
  /** A float32 tensor with elements between two limits, -1.5 and 1.5 unless told. */
  tensor(shape: readonly number[], limits?: { readonly min?: number; readonly max?: number }): Tensor
}

/**
 * Random values, each made by a function of what it draws: an arbitrary of fast-check for who does not want to write
 * one. What breaks a law is made smaller by drawing less: smaller numbers, earlier choices.
 *
 * @param make draws everything that is random in it, and gives the same for the same draws
 * @example
 * ```ts
 * const arbitraryScale = layerGenerator(shapesWithAxes(2), ([, channels = 1]) =>
 *   generate((random) => Scale(random.tensor([channels, 1, 1], { min: 0.1 }))),
 * )
 * ```
 */
export const generate = <T>(make: (random: Random) => T): Arbitrary<T> =>
  gen().map((draw) =>
    make({
      integer: (min, max) => draw(integer, { min, max }),
      boolean: () => draw(boolean),
      oneOf: (...choices) =>
        choices[draw(integer, { min: 0, max: choices.length - 1 })] as (typeof choices)[number],
      tensor: (shape, limits = {}) => draw(arbitraryTensor, shape, limits),
    }),
  )
