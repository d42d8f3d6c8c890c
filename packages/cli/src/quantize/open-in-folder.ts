import { join } from 'node:path'
import { flatten, type Model, readBytes, type Tensor, tensorOf } from '@nnfuse/ir'
import { writeOnnx } from '@nnfuse/onnx/node'
import type { OpenModel } from '@nnfuse/quantization'
import { type Feed, type LoadedModel, loadModel, type Result } from '../runtime/loaded-model.js'

const feedOf = async (tensor: Tensor): Promise<Feed> => ({
  dtype: tensor.dtype,
  shape: tensor.shape,
  bytes: await readBytes(tensor),
})

/** Strings are nothing to compute with, so they count as nothing. */
const tensorFrom = ({ dtype, shape, values }: Result): Tensor =>
  values instanceof Uint8Array ? tensorOf(dtype, shape, values) : tensorOf('float32', [0], new Uint8Array(0))

const runWith = async (
  loaded: LoadedModel,
  names: readonly string[],
  outputs: readonly string[],
  inputs: readonly Tensor[],
): Promise<Tensor[]> => {
  const feeds = await Promise.all(
    inputs.map(async (tensor, i) => [names[i] as string, await feedOf(tensor)] as const),
  )
  const results = await loaded.run(new Map(feeds))
  return outputs.map((name) => tensorFrom(results.get(name) as Result))
}

/** Runs models by ONNX Runtime; their files are in a folder that somebody will remove. */
export const openInFolder = (folder: string): OpenModel => {
  let count = 0
  return async (model: Model) => {
    const path = join(folder, `${count}.onnx`)
    count += 1
    await writeOnnx(model, path, { metadata: false })
    const loaded = await loadModel(path, 'all')
    const { inputs: names, outputs } = flatten(model.root).attrs
    return {
      run: (inputs) => runWith(loaded, names, outputs, inputs),
      close: () => loaded.release(),
    }
  }
}
