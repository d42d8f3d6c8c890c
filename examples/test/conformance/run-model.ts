import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { CaseModel } from '../fusion-cases/fusion-case.js'

/** What a model is run on, by the names of its inputs. */
export type Feeds = Readonly<Record<string, Tensor>>

export const feedsFor = ({ builder }: CaseModel): Feeds =>
  Object.fromEntries(
    builder.inputs.map(({ name, shape, range }) => {
      const dims = shape.map(Number)
      const count = dims.reduce((product, size) => product * size, 1)
      return [name, new Tensor('float32', Float32Array.from(builder.drawn(count, range)), dims)]
    }),
  )

/** The outputs of a model, run by ONNX Runtime without optimizations. */
export const runModel = async (bytes: Uint8Array, feeds: Feeds): Promise<readonly Tensor[]> => {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  })
  const results = await session.run(feeds)
  const outputs = session.outputNames.map((name) => results[name] as Tensor)
  await session.release()
  return outputs
}
