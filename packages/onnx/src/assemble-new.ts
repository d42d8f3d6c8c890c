import { create, toBinary } from '@bufbuild/protobuf'
import { GraphProtoSchema, ModelProtoSchema } from 'onnx-buf'
import { graphFields, nodeField } from './assemble-file.js'
import { encodeTensor } from './encode-tensor.js'
import { inputTypesNeeded } from './errors.js'
import type { ExternalLayout } from './external-layout.js'
import { bytesSegment, type Segment, segmentsField } from './segments.js'
import type { SettledGraph } from './settle-graph.js'
import { infoField } from './write-infos.js'

/** What a file says about itself. */
export interface FileHeader {
  readonly opset: number
  readonly irVersion: number
  readonly producer: string
  readonly graphName: string
}

const graphContent = (
  { draft, nodes, tensors }: SettledGraph,
  graphName: string,
  layout: ExternalLayout | undefined,
): Segment[] => {
  const unknown = draft.inputs.find(({ type }) => type.dtype === undefined)
  if (unknown) throw inputTypesNeeded(unknown.name as string)
  return [
    ...nodes.flatMap((item) => nodeField(item, undefined)),
    bytesSegment(toBinary(GraphProtoSchema, create(GraphProtoSchema, { name: graphName }))),
    ...tensors.flatMap(({ name, tensor }) =>
      segmentsField(graphFields.initializer, encodeTensor(name, tensor, layout)),
    ),
    ...draft.inputs.flatMap(({ name, type }) => infoField(graphFields.input, name as string, type)),
    ...draft.outputs.flatMap(({ name, type }) => infoField(graphFields.output, name as string, type)),
  ]
}

/**
 * The segments of a file for a model that was built.
 *
 * @param layout of the file that large tensors go to, where they do not stay in the model's
 * @throws NnfuseError `INPUT_TYPES_NEEDED`
 */
export const assembleNew = (
  settled: SettledGraph,
  header: FileHeader,
  layout: ExternalLayout | undefined,
): Segment[] => {
  const { opset, irVersion, producer, graphName } = header
  const first = create(ModelProtoSchema, { irVersion: BigInt(irVersion), producerName: producer })
  const last = create(ModelProtoSchema, { opsetImport: [{ domain: '', version: BigInt(opset) }] })
  return [
    bytesSegment(toBinary(ModelProtoSchema, first)),
    ...segmentsField(7, graphContent(settled, graphName, layout)),
    bytesSegment(toBinary(ModelProtoSchema, last)),
  ]
}
