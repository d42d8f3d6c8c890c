import { flatten, type Model } from '@nnfuse/ir'
import { importOnnx, onnxCounts, serializeOnnx } from '@nnfuse/onnx'
import { type FuseResult, fuse } from 'nnfuse'

/** How large a model is. */
export interface Size {
  /** Layers held together are one. */
  readonly layers: number
  /** Of the file, where a ReLU is always one of its own. */
  readonly nodes: number
  readonly parameters: number
  readonly bytes: number
}

export interface FusedFile {
  readonly before: Size
  readonly after: Size
  readonly report: FuseResult['report']
  /** The fused model as an ONNX file. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

const sizeOf = (model: Model): Size => ({
  layers: flatten(model.root).attrs.calls.length,
  ...onnxCounts(model),
})

/**
 * Fuses an ONNX file. Its weights are read when the fused file is written, one after the other.
 *
 * @throws NnfuseError where the file is no ONNX model
 */
export const fuseFile = async (file: Blob): Promise<FusedFile> => {
  const original = await importOnnx(file)
  const { model, report } = fuse(original)
  const bytes = new Uint8Array(await serializeOnnx(model))
  return { before: sizeOf(original), after: sizeOf(model), report, bytes }
}
