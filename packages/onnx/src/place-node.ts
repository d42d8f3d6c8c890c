import {
  encode,
  inferModule,
  type Note,
  refineType,
  sizesIn,
  tensorOf,
  unknownType,
  type ValueType,
} from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { type OnnxDocument, type OnnxNode, type Origin, whyOpaque } from './document.js'
import { atPlace } from './errors.js'
import { importBodies } from './import-bodies.js'
import { OnnxOp, type OnnxSlot } from './onnx-op.js'
import type { RaiseContext, Raised } from './raise/raiser.js'
import { raisers } from './raise/table.js'
import { checkKnown, claimOutputs, isTooMuch, nameOf, type Reading, valuesUsed } from './reading.js'
import { resolveConstant } from './resolve-constant.js'

/** A node that became a module. */
export interface Placed extends Origin {
  /** Value names, one for each slot. */
  readonly inputs: readonly string[]
  /** Why it is opaque; undefined where it is not. */
  readonly reason: string | undefined
  /** What was noticed in the graphs inside it, with paths below its own. */
  readonly notes: readonly Note[]
}

const atNode = <T>(node: OnnxNode, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw atPlace(error, nameOf(node))
  }
}

/** Where nodes only compute a constant, the constant is kept and the node is no layer. */
const takeConstant = (reading: Reading, node: OnnxNode): boolean => {
  const { document, context } = reading
  const tensor = atNode(node, () => resolveConstant(node.node, context.constant, context.type, context.opset))
  const [output = '', ...others] = node.node.output
  if (tensor === undefined || output === '' || others.some(context.isUsed)) return false
  if (isTooMuch(reading, tensor)) return false
  document.islands.set(output, node)
  document.tensors.set(output, tensor)
  return true
}

/** @param strange why the node is none of ONNX's own; undefined where it is */
const raise = ({ context }: Reading, { node }: OnnxNode, strange: string | undefined): Raised | string => {
  const raiser = raisers.get(node.opType)
  if (raiser === undefined) return 'no kind of layer computes it'
  if (strange !== undefined) return strange
  if ((node.output[0] ?? '') === '') return 'its result has no name'
  if (node.output.slice(1).some(context.isUsed)) return 'it has a second result that is used'
  const result = raiser(node, context)
  return typeof result === 'string' ? result : (unreadInput(node, result, context) ?? result)
}

/** A module knows data by its inputs; what else the node is given must be constant. */
const unreadInput = (
  { input }: NodeProto,
  { inputs }: Raised,
  { constant }: RaiseContext,
): string | undefined => {
  const unread = input.find((name, i) => name !== '' && !inputs.includes(i) && constant(name) === undefined)
  if (unread !== undefined) return `it is given "${unread}", which its operator does not take`
  return inputs.some((i) => (input[i] ?? '') === '') ? 'one of its inputs is missing' : undefined
}

/** What a node and the graphs inside it are given, with where. */
const operandsOf = (
  { tensors }: OnnxDocument,
  { node, captured }: OnnxNode,
): { readonly name: string; readonly slot: OnnxSlot }[] => [
  ...node.input.flatMap((name, i) => (name === '' ? [] : [{ name, slot: { input: i } }])),
  ...captured.filter((name) => !tensors.has(name)).map((name) => ({ name, slot: { captured: name } })),
]

/** Positions of the outputs that have a name. */
const outputsOf = ({ node }: OnnxNode): number[] => node.output.flatMap((name, i) => (name === '' ? [] : [i]))

const opaque = (reading: Reading, node: OnnxNode, isStandard: boolean, reason: string): Placed => {
  const { opType, domain } = node.node
  const bodies = importBodies(reading, node)
  const operands = operandsOf(reading.document, node)
  const slots = operands.map(({ slot }) => slot)
  const outputs = outputsOf(node)
  const inner = bodies && { inner: bodies.inner }
  return {
    node,
    module: OnnxOp({ opType, domain, isStandard, node: node.node, slots, outputs, ...inner }),
    inputs: operands.map(({ name }) => name),
    slots,
    outputs,
    direct: true,
    reason,
    notes: bodies?.notes ?? [],
  }
}

const raised = (node: OnnxNode, { module, inputs, indirect }: Raised): Placed => ({
  node,
  module,
  inputs: inputs.map((i) => node.node.input[i] as string),
  slots: inputs.map((input) => ({ input })),
  outputs: [0],
  direct: indirect !== true,
  reason: undefined,
  notes: [],
})

const noteTypes = (
  { context, document, stated }: Reading,
  { node, module, inputs, outputs }: Placed,
  least: ValueType,
): void => {
  const inferred = inferModule(module, inputs.map(context.type))
  for (const [i, position] of outputs.entries()) {
    const name = node.node.output[position] as string
    const known = refineType(inferred[i] ?? unknownType, least)
    document.types.set(name, refineType(stated.get(name) ?? unknownType, known))
  }
}

/** Why a call of one of the file's functions stays a call. */
const stillCall = ({ document }: Reading, node: OnnxNode): string | undefined => {
  const expansion = document.expansions.get(node)
  return typeof expansion === 'string' ? expansion : undefined
}

const place = (reading: Reading, node: OnnxNode, strange: string | undefined): Placed => {
  const result = stillCall(reading, node) ?? raise(reading, node, strange)
  const placed =
    typeof result === 'string' ? opaque(reading, node, strange === undefined, result) : raised(node, result)
  const shape = typeof result === 'string' ? undefined : result.shape
  noteTypes(reading, placed, { dtype: undefined, shape })
  return placed
}

/** Sizes that are all known though they are computed of a value, not all of whose sizes are, are constants too. */
const takeSizes = ({ document }: Reading, node: OnnxNode): boolean => {
  const [output = '', second] = node.node.output
  const type = document.types.get(output)
  const sizes = type && sizesIn(type)
  if (second !== undefined || type?.dtype === undefined || !sizes?.every((size) => typeof size === 'number'))
    return false
  const shape = type.shape?.length === 0 ? [] : [sizes.length]
  document.types.delete(output)
  document.islands.set(output, node)
  document.tensors.set(output, tensorOf(type.dtype, shape, encode(sizes, type.dtype)))
  return true
}

/** Reads a node; a constant is kept by the document and is no layer, unless it has to be one. */
export const placeNode = (
  reading: Reading,
  node: OnnxNode,
  { asLayer }: { readonly asLayer: boolean },
): Placed[] => {
  checkKnown(reading, valuesUsed(node), nameOf(node))
  claimOutputs(reading, node)
  const strange = whyOpaque(node.node, reading.document)
  if (!asLayer && strange === undefined && takeConstant(reading, node)) return []
  const placed = place(reading, node, strange)
  return !asLayer && takeSizes(reading, node) ? [] : [placed]
}
