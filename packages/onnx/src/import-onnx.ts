import { type ByteSource, Model } from '@nnfuse/ir'
import { blobSource, memorySource } from './byte-sources.js'
import { documentOf } from './document.js'
import type { OpenExternal } from './external-data.js'
import { importGraph } from './import-graph.js'
import { indexOnnx } from './index-file.js'
import { readDocument } from './read-document.js'
import { readInnerGraphs } from './read-inner.js'

/** What to make of a file. */
export interface ReadOptions {
  /**
   * Take initializers that are also inputs for constants. From IR version 4 on whoever runs a model may pass another
   * value for such a one, so what is folded of them is no input any more. Default false; files of IR version 3 list
   * every initializer as an input, and they are constants in any case.
   */
  readonly foldOverridable?: boolean
}

/** How to read a model. */
export interface ImportOptions extends ReadOptions {
  /** What errors call the model; the name of the source unless told. */
  readonly name?: string
  /** Opens the files that a model with external data names. `readOnnx` brings its own. */
  readonly openExternal?: OpenExternal
}

const sourceOf = (source: ByteSource | Uint8Array | Blob, name: string | undefined): ByteSource => {
  if (source instanceof Uint8Array) return memorySource(source, name ?? 'the model')
  if ('read' in source) return name === undefined ? source : { ...source, name }
  return blobSource(source, name ?? ('name' in source ? String(source.name) : 'the model'))
}

const notingIn =
  (opened: Set<ByteSource>, openExternal: OpenExternal): OpenExternal =>
  async (location) => {
    const source = await openExternal(location)
    opened.add(source)
    return source
  }

/**
 * Reads an ONNX model: every node that a kind of layer expresses exactly becomes that layer, everything else an
 * opaque `onnx.Op`. Weights are left where they are until somebody reads them, so the source must stay as it is.
 *
 * @param source bytes, a Blob, or anything that bytes can be read from
 * @throws NnfuseError `ONNX_EMPTY`, `ONNX_TRUNCATED`, `ONNX_MALFORMED`, `ONNX_NO_GRAPH`, `ONNX_NO_VERSION`,
 * `ONNX_BAD_TENSOR`, `ONNX_TENSOR_SIZE`, `ONNX_EXTERNAL_DATA`, `ONNX_DUPLICATE_VALUE`, `ONNX_UNKNOWN_VALUE`,
 * `ONNX_NOT_SORTED`; each says where, and what to do.
 * @example
 * ```ts
 * const model = await importOnnx(await (await fetch('resnet18.onnx')).blob())
 * ```
 */
export const importOnnx = async (
  source: ByteSource | Uint8Array | Blob,
  { name, openExternal, foldOverridable }: ImportOptions = {},
): Promise<Model> => {
  const index = await indexOnnx(sourceOf(source, name))
  const opened = new Set<ByteSource>()
  const open = openExternal && notingIn(opened, openExternal)
  const document = await readDocument(index, open, foldOverridable)
  await readInnerGraphs(document, open)
  for (const one of opened) document.sources.add(one)
  const { root, notes } = importGraph(document)
  return new Model(root, { source: document, notes })
}

/** The opset that a model's file is in; the one that writing takes unless told (20) for a model that was built. */
export const opsetOf = (model: Model): number => documentOf(model)?.opsets.get('') ?? defaultOpset

/** The ONNX opset of models that were built, unless told. */
export const defaultOpset = 20
