import { globalTest, type TestFunction } from '../test-plugin.js'
import { lawsOfSwap, type SwapLawOptions } from './laws-of-swap.js'
import type { Swap, SwapCases } from './swap.js'

/** The options of the laws, and what registers tests. */
export interface TestSwapOptions extends SwapLawOptions {
  /** Default: the global `test`, where the runner provides one. */
  readonly test?: TestFunction
}

/**
 * Tests a swap of layers: registers every law of {@link lawsOfSwap} as a test of its own.
 *
 * @example
 * ```ts
 * testSwap(
 *   (model) => prepareQat(model, mapping, { swaps: [acmeSwap], activations: false }),
 *   { swaps: { linear: { model: Sequential({ fc }), becomes: { fc: 'acme.QatLinear' } } } },
 *   { test, plain: (root) => fakeQuantize(root, false), back: (model) => toFloat(model, { conversions: [acmeBack] }) },
 * )
 * ```
 * @throws NnfuseError `NO_TEST_FUNCTION` where none is passed and there is no global one
 */
export const testSwap = (
  swap: Swap,
  cases: SwapCases,
  { test = globalTest(), ...options }: TestSwapOptions = {},
): void => {
  for (const { name, run } of lawsOfSwap(swap, cases, options)) test(name, () => run())
}
