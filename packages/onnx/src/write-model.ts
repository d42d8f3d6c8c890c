import {
  byteLength,
  elementCount,
  type Model,
  type ModelLike,
  type Provenance,
  type Tensor,
  toModel,
  type ValueType,
} from '@nnfuse/ir'
import { assembleFile } from './assemble-file.js'
import { assembleNew } from './assemble-new.js'
import { settledTensors, type WrittenGraph, writtenGraphs } from './count-inner.js'
import { documentOf, type OnnxDocument, oldestOpset } from './document.js'
import { graphOf } from './draft-graph.js'
import { cannotExpress, tooLarge } from './errors.js'
import { ExternalLayout } from './external-layout.js'
import { defaultOpset, opsetOf } from './import-onnx.js'
import { segmentReader } from './segment-reader.js'
import { type Segment, segmentSize, totalSize } from './segments.js'
import type { SettledGraph } from './settle-graph.js'
import { writeGraph } from './write-graph.js'

/** How to write a model. All but `inputs` and `metadata` is for models that were built: a file keeps what it says about itself. */
export interface WriteOptions {
  /** Version of ONNX's operators, 7 or newer; 20 unless told. */
  readonly opset?: number
  /** Version of the file format; 10 unless told. */
  readonly irVersion?: number
  readonly graphName?: string
  readonly producer?: string
  /** Notes on each fused node which rules made it, and from which layers: metadata `nnfuse.rules` and `nnfuse.from`. Default true. */
  readonly metadata?: boolean
  /** Types of the graph's inputs, where the graph does not state them. */
  readonly inputs?: Readonly<Record<string, ValueType>>
}

/** How to lay a model out in files. */
export interface PlanOptions extends WriteOptions {
  /**
   * Name of a file for tensors of more than 1 KiB, in the folder of the model's file: external data. Without it all are
   * in the model's file, which then must be smaller than 2 GiB.
   */
  readonly externalData?: string
}

/** A file that is still to be written. */
export interface FilePlan {
  readonly segments: readonly Segment[]
  /** Bytes. */
  readonly size: number
}

/** The model's file, and that of its weights where they have one. */
export interface OnnxPlan extends FilePlan {
  /** What both hold. */
  readonly counts: OnnxCounts
  readonly externalData?: FilePlan
}

/** How much there is in a file. */
export interface OnnxCounts {
  readonly nodes: number
  readonly initializers: number
  /** Elements of all initializers. */
  readonly parameters: number
  /** Bytes of the file, and of that of its weights. */
  readonly bytes: number
}

interface Settled {
  readonly settled: SettledGraph
  readonly document: OnnxDocument | undefined
  readonly segments: readonly Segment[]
  readonly layout: ExternalLayout | undefined
}

const opsetFor = (model: Model, { opset }: WriteOptions): number => {
  if (documentOf(model)) {
    const inFile = opsetOf(model)
    if (opset === undefined || opset === inFile) return inFile
    throw cannotExpress(
      'opset',
      `the model's file is in opset ${inFile}, and opsets are not converted`,
      'Leave out opset.',
    )
  }
  const wanted = opset ?? defaultOpset
  if (!Number.isInteger(wanted) || wanted < oldestOpset) {
    throw cannotExpress('opset', `opset ${wanted} is not supported`, `Choose ${oldestOpset} or newer.`)
  }
  return wanted
}

const settle = (given: ModelLike, options: PlanOptions): Settled => {
  const model = toModel(given)
  const opset = opsetFor(model, options)
  const document = documentOf(model)
  const graph = graphOf(model)
  const inputTypes = new Map(Object.entries(options.inputs ?? {}))
  const provenance = options.metadata === false ? new Map<string, Provenance>() : model.provenance
  const settled = writeGraph({ graph, document, opset, inputTypes, enclosing: [], provenance })
  const { externalData } = options
  const layout =
    externalData === undefined
      ? undefined
      : new ExternalLayout(externalData, settledTensors(settled, document).values())
  const { irVersion = 10, graphName = 'nnfuse', producer = 'nnfuse' } = options
  const segments = document
    ? assembleFile(settled, document, layout)
    : assembleNew(settled, { opset, irVersion, graphName, producer }, layout)
  return { settled, document, segments, layout }
}

const countsOf = (graphs: readonly WrittenGraph[], bytes: number): OnnxCounts => {
  const tensors = graphs.flatMap((graph) => graph.tensors)
  return {
    nodes: graphs.reduce((sum, { nodes }) => sum + nodes, 0),
    initializers: tensors.length,
    parameters: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    bytes,
  }
}

const largestFile = 2 ** 31 - 1

const planOf = (model: ModelLike, options: PlanOptions): OnnxPlan => {
  const { settled, document, segments, layout } = settle(model, options)
  const size = totalSize(segments)
  if (size > largestFile) throw tooLarge(size)
  const counts = countsOf(writtenGraphs(settled, document), size + (layout?.size ?? 0))
  return {
    segments,
    size,
    counts,
    ...(layout && layout.size > 0 && { externalData: { segments: layout.segments, size: layout.size } }),
  }
}

/**
 * Works out what the file of a model will be, without computing a tensor or reading the data of one.
 *
 * @throws NnfuseError `CANNOT_EXPRESS` naming the layer, `INPUT_TYPES_NEEDED`, `ONNX_TOO_LARGE`
 */
export const planOnnx = (model: ModelLike, options: PlanOptions = {}): Promise<OnnxPlan> =>
  Promise.resolve().then(() => planOf(model, options))

/**
 * A model as the bytes of an ONNX file. An imported model that has not changed gives the bytes it was read from.
 *
 * @throws NnfuseError `CANNOT_EXPRESS`, `INPUT_TYPES_NEEDED`, `ONNX_TOO_LARGE`
 * @example
 * ```ts
 * const bytes = await serializeOnnx(fuse(await importOnnx(original)).model)
 * ```
 */
export const serializeOnnx = async (model: ModelLike, options: WriteOptions = {}): Promise<Uint8Array> => {
  const { segments, size } = await planOnnx(model, options)
  const bytes = new Uint8Array(size)
  let at = 0
  for (const segment of segments) {
    const end = at + segmentSize(segment)
    const read = await segmentReader(segment)
    await read(bytes.subarray(at, end), 0)
    at = end
  }
  return bytes
}

/**
 * The initializers of the file that writing would give, by name; not those of graphs inside nodes. Nothing is read or
 * computed.
 */
export const initializerTensors = (model: ModelLike, options: WriteOptions = {}): Map<string, Tensor> => {
  const { settled, document } = settle(model, options)
  return settledTensors(settled, document)
}

/** What the file that writing would give holds, graphs inside nodes included. Nothing is read or computed. */
export const onnxCounts = (model: ModelLike, options: WriteOptions = {}): OnnxCounts => {
  const { settled, document, segments } = settle(model, options)
  return countsOf(writtenGraphs(settled, document), totalSize(segments))
}

/**
 * What the file holds that a model was read from, whatever has been changed since; undefined for a model that was built.
 */
export const sourceCounts = (model: Model): OnnxCounts | undefined => {
  const document = documentOf(model)
  if (document === undefined) return undefined
  const outside = [...document.initializers.values()].filter(({ external }) => external)
  const bytes = outside.reduce((sum, { tensor }) => sum + byteLength(tensor), document.source.size)
  return countsOf(writtenGraphs(undefined, document), bytes)
}
