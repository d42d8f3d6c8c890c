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

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] as number

/** Milliseconds of each; they take turns, so that whatever else the machine does hits all of them. */
const medianTimes = async (runs: readonly (() => Promise<unknown>)[], rounds: number): Promise<number[]> => {
  const times = runs.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, run] of runs.entries()) {
      const started = performance.now()
      await run()
      times[i]?.push(performance.now() - started)
    }
  }
  return times.map(median)
}

const accuracyOf = async (session: InferenceSession, { data, shape, labels }: Pictures): Promise<number> => {
  const [input = ''] = session.inputNames
  const results = await session.run({ [input]: new OrtTensor('float32', data, [...shape]) })
  const logits = results[session.outputNames[0] as string]?.data as Float32Array
  return rightAnswers(logits, labels) / labels.length
}

/** Runs ONNX files on the test pictures. */
export const measure = async (
  files: readonly (readonly [name: string, bytes: Uint8Array])[],
  pictures: Pictures,
): Promise<Measured[]> => {
  const { data, shape, labels } = pictures
  const sessions = await Promise.all(files.map(([, bytes]) => open(bytes)))
  const one = new OrtTensor('float32', data.subarray(0, data.length / labels.length), [1, ...shape.slice(1)])
  const runs = sessions.map((session) => () => session.run({ [session.inputNames[0] as string]: one }))
  const latencies = await medianTimes(runs, 201)
  const measured: Measured[] = []
  for (const [i, [name, bytes]] of files.entries()) {
    const accuracy = await accuracyOf(sessions[i] as InferenceSession, pictures)
    measured.push({ name, accuracy, bytes: bytes.length, latency: latencies[i] as number })
  }
  for (const session of sessions) await session.release()
  return measured
}
