import { InferenceSession, type Tensor } from 'onnxruntime-node'

/** The first output of a model with one input, run by ONNX Runtime without optimizations. */
export const runOnnx = async (bytes: Uint8Array, input: Tensor): Promise<Float32Array> => {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' })
  const results = await session.run({ [session.inputNames[0] as string]: input })
  await session.release()
  return results[session.outputNames[0] as string]?.data as Float32Array
}

/** The largest difference of two outputs. */
export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((max, x, i) => Math.max(max, Math.abs(x - Number(b[i]))), 0)

/** The same as a part of the largest value of the first. */
export const relativeDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  largestDifference(a, b) / Array.from(a).reduce((max, x) => Math.max(max, Math.abs(x)), 0)
