import { decodeFloats, encode, isFloat, readBytes, tensorOf } from '@nnfuse/ir'
import { importOnnx } from '@nnfuse/onnx'
import { run } from '@nnfuse/runtime'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { relativeDifference } from '../run-onnx.js'
import type { CaseModel, RunBy } from './fusion-case.js'
import type { Input } from './model-builder.js'

/** Sizes for symbols: all different, so that no two axes agree by chance. */
const symbols: Readonly<Record<string, number>> = { batch: 2, height: 9, width: 7 }

/** A value that models are run on. */
interface Feed extends Input {
  readonly dims: readonly number[]
  readonly values: readonly number[]
}

/** What every run starts from; a condition is what it is said to be. */
const feedsFor = ({ builder }: CaseModel, condition: number): Feed[] =>
  builder.inputs.map((input) => {
    const dims = input.shape.map((dim) => (typeof dim === 'number' ? dim : (symbols[dim ?? ''] ?? 1)))
    const count = dims.reduce((product, size) => product * size, 1)
    const values = isFloat(input.dtype)
      ? builder.drawn(count, input.range)
      : new Array<number>(count).fill(condition)
    return { ...input, dims, values }
  })

const onnxTensor = ({ dtype, dims, values }: Feed): Tensor => {
  if (dtype === 'bool') return new Tensor('bool', Uint8Array.from(values), dims)
  if (dtype !== 'float16') return new Tensor('float32', Float32Array.from(values), dims)
  const bytes = encode(values, dtype)
  return new Tensor('float16', new Uint16Array(bytes.buffer, bytes.byteOffset, values.length), dims)
}

type Outputs = readonly ArrayLike<number>[]

const numbersOf = ({ type, data }: Tensor): ArrayLike<number> => {
  const { buffer, byteOffset, byteLength } = data as Float32Array
  return type === 'float16'
    ? decodeFloats(new Uint8Array(buffer, byteOffset, byteLength), 'float16')
    : (data as Float32Array)
}

const inOnnxRuntime = async (bytes: Uint8Array, feeds: readonly Feed[]): Promise<Outputs> => {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  })
  const given = feeds.filter(({ name }) => session.inputNames.includes(name))
  const results = await session.run(Object.fromEntries(given.map((feed) => [feed.name, onnxTensor(feed)])))
  const outputs = session.outputNames.map((name) => numbersOf(results[name] as Tensor))
  await session.release()
  return outputs
}

const inRuntime = async (bytes: Uint8Array, feeds: readonly Feed[]): Promise<Outputs> => {
  const inputs = feeds.map(({ dtype, dims, values }) => tensorOf(dtype, dims, encode(values, dtype)))
  const { outputs } = await run(await importOnnx(bytes), inputs)
  return Promise.all(outputs.map(async (tensor) => decodeFloats(await readBytes(tensor), tensor.dtype)))
}

const runners: Readonly<Record<RunBy, (bytes: Uint8Array, feeds: readonly Feed[]) => Promise<Outputs>>> = {
  'ONNX Runtime': inOnnxRuntime,
  'nnfuse runtime': inRuntime,
  'same bytes': (bytes) => Promise.resolve([bytes]),
}

const isChoosing = ({ builder }: CaseModel): boolean => builder.inputs.some(({ dtype }) => dtype === 'bool')

/**
 * The largest difference of the outputs of a case's model and what it was made into, as a part of the largest element
 * of an output. A model with a condition is run with both of its values.
 */
export const differenceOf = async (model: CaseModel, fused: Uint8Array, ranBy: RunBy): Promise<number> => {
  const differences: number[] = []
  for (const condition of isChoosing(model) ? [0, 1] : [0]) {
    const feeds = feedsFor(model, condition)
    const [before, after] = [await runners[ranBy](model.bytes, feeds), await runners[ranBy](fused, feeds)]
    differences.push(...before.map((output, i) => relativeDifference(output, after[i] ?? [])))
  }
  return Math.max(...differences)
}
