import { InferenceSession, Tensor } from 'onnxruntime-node'

/** Values for a model's inputs: float numbers, or numbers of another type. */
export interface Feed {
  readonly dims: readonly number[]
  readonly values: ArrayLike<number>
  readonly type?: 'float32' | 'int64' | 'bool'
}

const tensorOf = ({ dims, values, type = 'float32' }: Feed): Tensor => {
  const numbers = Array.from(values)
  if (type === 'int64') return new Tensor('int64', BigInt64Array.from(numbers, BigInt), dims)
  if (type === 'bool') return new Tensor('bool', Uint8Array.from(numbers), dims)
  return new Tensor('float32', Float32Array.from(numbers), dims)
}

export interface Result {
  readonly dims: readonly number[]
  readonly values: readonly number[]
}

/** Runs a model with ONNX Runtime, its optimizations off, and gives the outputs by name. */
export const runOnnx = async (
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Feed>>,
): Promise<Readonly<Record<string, Result>>> => {
  const runtime = await InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  })
  const outputs = await runtime.run(
    Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, tensorOf(feed)])),
  )
  await runtime.release()
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => [
      name,
      { dims, values: Array.from(data as ArrayLike<number | bigint | boolean>, Number) },
    ]),
  )
}
