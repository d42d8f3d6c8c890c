import type { DType } from '@nnfuse/ir'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { cannotRun, noOnnxRuntime } from '../errors.js'

/** An input or output of a model as ONNX Runtime describes it; open sizes have a name or ''. */
export interface ValueInfo {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly (number | string)[]
}

/** A tensor that goes in. */
export interface Feed {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Row-major, little-endian. */
  readonly bytes: Uint8Array
}

/** Inputs by name. */
export type Feeds = ReadonlyMap<string, Feed>

/** A tensor that comes out. Strings stay strings. */
export interface Result {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly values: Uint8Array | readonly string[]
}

/** ONNX Runtime's own graph optimizations: all of them, as users run it, or none. */
export type Optimizations = 'all' | 'disabled'

/** A model that is loaded and can be run. */
export interface LoadedModel {
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  /** Milliseconds that loading took. */
  readonly loadTime: number
  /** @throws NnfuseError `CANNOT_RUN` in ONNX Runtime's words. */
  run(feeds: Feeds): Promise<ReadonlyMap<string, Result>>
  release(): Promise<void>
}

type OnnxRuntime = typeof import('onnxruntime-node')

/** Loaded when the first model is run: it takes a tenth of a second, and most commands need none of it. */
const loadOnnxRuntime = async (): Promise<OnnxRuntime> => {
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw noOnnxRuntime(cause)
  }
}

const valueInfo = (metadata: InferenceSession.ValueMetadata): ValueInfo => {
  if (!metadata.isTensor) throw new Error(`"${metadata.name}" is no tensor`)
  const { name, type, shape } = metadata
  return { name, dtype: type as DType, shape }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const toResult = ({ type, dims, data }: Tensor): Result => ({
  dtype: type as DType,
  shape: dims,
  values: Array.isArray(data) ? (data as readonly string[]) : bytesOf(data as unknown as ArrayBufferView),
})

const arrayTypes: { readonly [D in DType]?: { new (buffer: ArrayBuffer): ArrayBufferView } } = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
}

const toTensor = ({ Tensor }: OnnxRuntime, { dtype, shape, bytes }: Feed): Tensor => {
  const ArrayType = arrayTypes[dtype]
  if (ArrayType === undefined) throw new Error(`it takes ${dtype}, which cannot be fed`)
  // Copied, since they may lie anywhere in a larger buffer; slice() of a Buffer copies nothing.
  return new Tensor(dtype as 'float32', new ArrayType(new Uint8Array(bytes).buffer) as Float32Array, shape)
}

const run = async (
  ort: OnnxRuntime,
  model: InferenceSession,
  feeds: Feeds,
): Promise<ReadonlyMap<string, Result>> => {
  // A null prototype, since names come from strangers' files.
  const given: Record<string, Tensor> = Object.create(null)
  for (const [name, feed] of feeds) given[name] = toTensor(ort, feed)
  const results = await model.run(given)
  return new Map(model.outputNames.map((name) => [name, toResult(results[name] as Tensor)]))
}

/** ONNX Runtime logs errors to stderr itself; they come as exceptions too, and those we report. */
const silent = 4

const create = async (ort: OnnxRuntime, path: string, optimizations: Optimizations): Promise<LoadedModel> => {
  const started = performance.now()
  const model = await ort.InferenceSession.create(path, {
    graphOptimizationLevel: optimizations,
    logSeverityLevel: silent,
  })
  const loadTime = performance.now() - started
  return {
    inputs: model.inputMetadata.map(valueInfo),
    outputs: model.outputMetadata.map(valueInfo),
    loadTime,
    run: (feeds) =>
      run(ort, model, feeds).catch((cause: unknown) => {
        throw cannotRun(path, cause)
      }),
    release: () => model.release(),
  }
}

/**
 * Loads a model file into ONNX Runtime.
 *
 * @throws NnfuseError `CANNOT_RUN` in ONNX Runtime's words, or `NO_ONNXRUNTIME` where it is not installed.
 */
export const loadModel = async (path: string, optimizations: Optimizations): Promise<LoadedModel> => {
  const ort = await loadOnnxRuntime()
  return await create(ort, path, optimizations).catch((cause: unknown) => {
    throw cannotRun(path, cause)
  })
}
