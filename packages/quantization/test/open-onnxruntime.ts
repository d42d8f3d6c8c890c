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

/** Runs models by ONNX Runtime; they state the types of their inputs, which are float32. */
export const openOnnxRuntime: OpenModel = async (model) => {
  const session = await InferenceSession.create(await serializeOnnx(model), {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
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
