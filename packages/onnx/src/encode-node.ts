import { create, toBinary } from '@bufbuild/protobuf'
import type { Provenance } from '@nnfuse/ir'
import { type NodeProto, NodeProtoSchema, StringStringEntryProtoSchema } from 'onnx-buf'
import type { DraftNode, DraftValue } from './draft.js'

const nameOf = (value: DraftValue | undefined): string => value?.name ?? ''

const sameNames = (names: readonly string[], values: readonly (DraftValue | undefined)[]): boolean =>
  names.length === values.length && names.every((name, i) => name === nameOf(values[i]))

/** Whether a node's bytes in the file still say what it is. */
export const isUnchanged = ({ original, inputs, outputs }: DraftNode): boolean =>
  original !== undefined && sameNames(original.node.input, inputs) && sameNames(original.node.output, outputs)

/** Whether a node's inputs, outputs and its own name are those of its template. */
export const keepsNames = ({ template, inputs, outputs, name }: DraftNode): boolean =>
  template !== undefined &&
  sameNames(template.input, inputs) &&
  sameNames(template.output, outputs) &&
  (name === '' || name === template.name)

/** A node's inputs, outputs and its own name. */
export const nodeNames = ({
  inputs,
  outputs,
  name,
}: DraftNode): Pick<NodeProto, 'input' | 'output' | 'name'> => ({
  input: inputs.map(nameOf),
  output: outputs.map(nameOf),
  name,
})

/**
 * A message of its own, with the attributes of the template and the fields that this version of ONNX does not know. What
 * is in it is shared: only whole fields are replaced, and protobuf's `clone` takes ten times as long.
 */
const protoOf = (draft: DraftNode): NodeProto => {
  const { template, opType, attributes } = draft
  if (template) return { ...template }
  return create(NodeProtoSchema, { opType, attribute: [...attributes] })
}

/** What fusing notes on a node; what it noted before is replaced. */
const withProvenance = (proto: NodeProto, { rules, from }: Provenance): void => {
  const notes = { 'nnfuse.rules': rules.join(', '), 'nnfuse.from': from.join(', ') }
  const others = proto.metadataProps.filter(({ key }) => !Object.hasOwn(notes, key))
  const added = Object.entries(notes).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  )
  proto.metadataProps = [...others, ...added]
}

/** The message of a node under its final names. */
export const encodeNode = (draft: DraftNode): Uint8Array => {
  const proto = protoOf(draft)
  proto.input = draft.inputs.map(nameOf)
  proto.output = draft.outputs.map(nameOf)
  if (draft.name !== '') proto.name = draft.name
  if (draft.provenance) withProvenance(proto, draft.provenance)
  return toBinary(NodeProtoSchema, proto)
}
