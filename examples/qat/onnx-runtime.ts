import { type DType, flatten, type Model, readBytes, type Tensor, tensorOf } from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import type { OpenModel } from '@nnfuse/quantization'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { Pictures } from './draw-shapes.js'

const open = async (model: Model | Uint8Array): Promise<InferenceSession> =>
  InferenceSession.create(model instanceof Uint8Array ? model : await serializeOnnx(model), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })

const fromOrt = ({ type, dims, data }: OrtTensor): Tensor => {
  const { buffer, byteOffset, byteLength } = data as Float32Array
  return tensorOf(type as DType, dims, new Uint8Array(buffer, byteOffset, byteLength))
}

const toOrt = async (tensor: Tensor): Promise<OrtTensor> =>
  new OrtTensor('float32', new Float32Array((await readBytes(tensor)).slice().buffer), [...tensor.shape])

/** Runs models by ONNX Runtime: for calibration. */
export const openOnnxRuntime: OpenModel = async (model) => {
  const session = await open(model)
  const { inputs: names, outputs } = flatten(model.root).attrs
  return {
    run: async (inputs) => {
      const feeds = await Promise.all(
        inputs.map(async (tensor, i) => [names[i], await toOrt(tensor)] as const),
      )
      const results = await session.run(Object.fromEntries(feeds))
      return outputs.map((name) => fromOrt(results[name] as OrtTensor))
    },
    close: () => session.release(),
  }
}

/** What a model of the comparison is worth. */
export interface Measured {
  readonly name: string
  /** Part of the test pictures that it names rightly. */
  readonly accuracy: number
  readonly bytes: number
  /** Median milliseconds for one picture. */
  readonly latency: number
}

const argmax = (values: Float32Array): number => values.indexOf(Math.max(...values))

const rightAnswers = (logits: Float32Array, labels: readonly number[]): number => {
  const classes = logits.length / labels.length
  return labels.filter((label, i) => argmax(logits.subarray(i * classes, (i + 1) * classes)) === label).length
}

const medianTime = async (session: InferenceSession, feeds: Record<string, OrtTensor>, runs: number) => {
  const times: number[] = []
  for (let i = 0; i < runs; i += 1) {
    const started = performance.now()
    await session.run(feeds)
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] as number
}

/** Runs an ONNX file on the test pictures. */
export const measure = async (
  name: string,
  bytes: Uint8Array,
  { data, shape, labels }: Pictures,
): Promise<Measured> => {
  const session = await open(bytes)
  const [input = ''] = session.inputNames
  const results = await session.run({ [input]: new OrtTensor('float32', data, [...shape]) })
  const logits = results[session.outputNames[0] as string]?.data as Float32Array
  const one = new OrtTensor('float32', data.subarray(0, data.length / labels.length), [1, ...shape.slice(1)])
  const latency = await medianTime(session, { [input]: one }, 201)
  await session.release()
  return { name, accuracy: rightAnswers(logits, labels) / labels.length, bytes: bytes.length, latency }
}
