import { elementCount } from '@nnfuse/ir'
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm'

env.wasm.numThreads = 1 // more need a server that isolates the page

/** How far an output of the fused model is from that of the original. */
export interface Difference {
  readonly output: string
  /** The largest difference of two numbers. */
  readonly largest: number
  /** The largest number of the original's output. */
  readonly largestValue: number
}

/** Numbers between -1 and 1 that are the same each time. */
const madeUp = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * i + i / 7))

const makeInput = (input: InferenceSession.ValueMetadata): Tensor => {
  if (!input.isTensor || input.type !== 'float32')
    throw new Error(`"${input.name}" is not float32, and this page makes up no other inputs`)
  const shape = input.shape.map((size) => (typeof size === 'number' ? size : 1)) // what is open is 1
  return new Tensor('float32', madeUp(elementCount(shape)), shape)
}

const numbersOf = (tensor: Tensor | undefined): number[] =>
  Array.from(tensor?.data as ArrayLike<number>, Number)

const largestOf = (numbers: readonly number[]): number =>
  numbers.reduce((largest, number) => Math.max(largest, Math.abs(number)), 0)

/**
 * Runs both files by onnxruntime-web on the same made-up inputs and compares what they give, output by output.
 *
 * @throws Error where onnxruntime-web cannot run a file, or an input is not float32
 */
export const runBoth = async (original: Uint8Array, fused: Uint8Array): Promise<Difference[]> => {
  const sessions = [await InferenceSession.create(original), await InferenceSession.create(fused)] as const
  try {
    const inputs = Object.fromEntries(
      sessions[0].inputMetadata.map((input) => [input.name, makeInput(input)]),
    )
    const [expected, actual] = [await sessions[0].run(inputs), await sessions[1].run(inputs)]
    return sessions[0].outputNames.map((output) => {
      const [a, b] = [numbersOf(expected[output]), numbersOf(actual[output])]
      return {
        output,
        largest: largestOf(a.map((x, i) => x - (b[i] ?? Number.NaN))),
        largestValue: largestOf(a),
      }
    })
  } finally {
    for (const session of sessions) await session.release()
  }
}
