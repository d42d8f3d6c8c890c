import { fromBinary } from '@bufbuild/protobuf'
import { importOnnx, type ReadOptions, serializeOnnx } from '@nnfuse/onnx'
import type { Report } from '@nnfuse/pass-manager'
import { fuse } from 'nnfuse'
import { type GraphProto, ModelProtoSchema } from 'onnx-buf'
import { type FusionCase, modelOf, type RunBy } from './fusion-case.js'
import { differenceOf } from './run-case.js'

/** What became of a case. */
export interface Outcome {
  readonly nodes: number
  /** Where initializers that are inputs are taken for constants. */
  readonly nodesOnRequest: number
  /** As a part of the largest element of an output. */
  readonly difference: number
  readonly ranBy: RunBy
  /** Rules that applied, each once. */
  readonly rules: readonly string[]
  /** Why something is left that looks foldable. */
  readonly left: readonly string[]
  /** Why else a rule that fitted did not apply. */
  readonly declined: readonly string[]
  /** Whether fusing what was fused gives the same bytes. */
  readonly isFinal: boolean
}

interface Fused {
  readonly bytes: Uint8Array
  readonly report: Report
}

const fuseBytes = async (bytes: Uint8Array, options?: ReadOptions): Promise<Fused> => {
  const { model, report } = fuse(await importOnnx(bytes, options))
  return { bytes: await serializeOnnx(model), report }
}

const inGraph = ({ node: nodes }: GraphProto): number =>
  nodes
    .flatMap(({ attribute }) => attribute)
    .reduce((sum, { g }) => sum + (g === undefined ? 0 : inGraph(g)), nodes.length)

/** Nodes of a file, those in subgraphs included. */
const nodesIn = (bytes: Uint8Array): number => {
  const { graph } = fromBinary(ModelProtoSchema, bytes)
  return graph === undefined ? 0 : inGraph(graph)
}

/** Fuses the model of a case, and runs it before and after. */
export const fuseCase = async (one: FusionCase): Promise<Outcome> => {
  const model = modelOf(one)
  const { bytes, report } = await fuseBytes(model.bytes)
  const again = await fuseBytes(bytes)
  const onRequest = await fuseBytes(model.bytes, { foldOverridable: true })
  return {
    nodes: nodesIn(bytes),
    nodesOnRequest: nodesIn(onRequest.bytes),
    difference: await differenceOf(model, bytes, one.ranBy),
    ranBy: one.ranBy,
    rules: [...new Set(report.applied.map(({ rule }) => rule))],
    left: report.left.flatMap(({ path, reasons }) => reasons.map((reason) => `${path}: ${reason}`)),
    declined: report.declined.map(({ paths, reason }) => `${paths.join(', ')}: ${reason}`),
    isFinal: Buffer.compare(again.bytes, bytes) === 0,
  }
}
