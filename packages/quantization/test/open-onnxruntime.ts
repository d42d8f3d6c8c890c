import { type DType, readBytes, type Tensor, tensorOf } from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { OpenModel } from '../src/index.js'

const toOrt = async (tensor: Tensor): Promise<OrtTensor> =>
  new OrtTensor('float32', new Float32Array((await readBytes(tensor)).slice().buffer), [...tensor.shape])

const fromOrt = ({ type, data, dims }: OrtTensor): Tensor => {
  const { buffer, byteOffset, byteLength } = data as Float32Array
  return tensorOf(type as DType, dims, new Uint8Array(buffer, byteOffset, byteLength))
}

const opener =
  (options: InferenceSession.SessionOptions): OpenModel =>
  async (model) => {
    const session = await InferenceSession.create(await serializeOnnx(model), {
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
      ...options,
    })
    return {
      run: async (inputs) => {
        const tensors = await Promise.all(inputs.map(toOrt))
        const feeds = Object.fromEntries(session.inputNames.map((name, i) => [name, tensors[i] as OrtTensor]))
        const results = await session.run(feeds)
        return session.outputNames.map((name) => fromOrt(results[name] as OrtTensor))
      },
      close: () => session.release(),
    }
  }

/** Runs models by ONNX Runtime; they state the types of their inputs, which are float32. */
export const openOnnxRuntime: OpenModel = opener({})

/** The same node by node: optimized, float inputs of a product with an integer weight are made integers, too. */
export const openUnoptimized: OpenModel = opener({ graphOptimizationLevel: 'disabled' })
