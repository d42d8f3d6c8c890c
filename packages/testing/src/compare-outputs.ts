import type { AnyModule, Tensor } from '@nnfuse/ir'
import { type NumbersInput, run } from '@nnfuse/runtime'
import { type Difference, differenceOf, formProblem } from './compare.js'
import { cannotRun, messageOf } from './errors.js'
import type { Shape } from './generators/layer-generator.js'
import { inFloat64, inputsInFloat64 } from './in-float64.js'
import type { Violation } from './law.js'
import { randomInputs } from './random-inputs.js'

type Outputs = readonly Tensor[]

const runUnfused = async (model: AnyModule, inputs: readonly NumbersInput[]): Promise<Outputs> => {
  try {
    return (await run(model, inputs)).outputs
  } catch (cause) {
    throw cannotRun('the model', cause)
  }
}

/**
 * Where terms cancel, rounding alone makes outputs differ by more than their size allows. What is left over counts
 * only if it is well beyond what rounding does to the unfused model itself, which float64 shows.
 */
const marginOfRounding = 8

/** The outputs in float64; none where something in the model is not made for it. */
const preciseOutputs = (model: AnyModule, inputs: readonly NumbersInput[]): Promise<Outputs> =>
  run(inFloat64(model), inputsInFloat64(inputs)).then(
    ({ outputs }) => outputs,
    () => [],
  )

interface Suspect extends Difference {
  /** Which output. */
  readonly i: number
  readonly expected: Tensor
}

const outOfTolerance = async (expected: Outputs, actual: Outputs, tolerance: number): Promise<Suspect[]> => {
  const suspects: Suspect[] = []
  for (const [i, output] of expected.entries()) {
    const difference = await differenceOf(output, actual[i] as Tensor)
    const within = difference.largest <= tolerance * difference.scale
    if (!within) suspects.push({ ...difference, i, expected: output })
  }
  return suspects
}

const describe = ({ i, largest, scale }: Suspect, tolerance: number): string =>
  `output ${i} differs by ${largest.toPrecision(3)}; its largest element is ${scale.toPrecision(3)}, of which ${tolerance.toExponential()} is allowed`

const beyondRounding = async (
  suspects: readonly Suspect[],
  unfused: AnyModule,
  inputs: readonly NumbersInput[],
  tolerance: number,
): Promise<Violation | undefined> => {
  const precise = await preciseOutputs(unfused, inputs)
  for (const suspect of suspects) {
    const { i, largest, scale, expected } = suspect
    const output = precise[i]
    const rounding = output === undefined ? 0 : (await differenceOf(output, expected)).largest
    const within = largest <= tolerance * scale + marginOfRounding * rounding
    if (!within) return { problem: describe(suspect, tolerance), difference: largest / scale }
  }
  return undefined
}

/** What two models are compared on. */
export interface CompareOptions {
  /** Shapes of the inputs. */
  readonly inputs: readonly Shape[]
  /** Decides the numbers in the inputs. Default 0. */
  readonly seed?: number
  /** Largest difference, as a part of the largest element of an output. Default 1e-5. */
  readonly tolerance?: number
}

/**
 * Runs two models on the same random inputs, between -2 and 2.
 *
 * @returns what is wrong with the outputs of the second by those of the first: their number, a shape, a dtype, or
 *   elements that differ by more than the tolerance and more than rounding explains; undefined where nothing is
 * @throws NnfuseError `CASE_CANNOT_RUN` where the first model cannot be run on such inputs
 */
export const compareOutputs = async (
  unfused: AnyModule,
  fused: AnyModule,
  { inputs: shapes, seed = 0, tolerance = 1e-5 }: CompareOptions,
): Promise<Violation | undefined> => {
  if (fused === unfused) return undefined
  const inputs = randomInputs(shapes, seed)
  const expected = await runUnfused(unfused, inputs)
  const actual = await run(fused, inputs).catch((error: unknown) => messageOf(error))
  if (typeof actual === 'string') return { problem: `the fused model cannot be run: ${actual}` }
  const problem = formProblem(expected, actual.outputs)
  if (problem !== undefined) return { problem }
  const suspects = await outOfTolerance(expected, actual.outputs, tolerance)
  return suspects.length === 0 ? undefined : beyondRounding(suspects, unfused, inputs, tolerance)
}
