import { type AnyModule, inferModule, type ValueType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { isStandard, type OnnxDocument, type OnnxNode } from './document.js'
import { OnnxOp, type OnnxSlot } from './onnx-op.js'
import type { RaiseContext, Raised } from './raise/raiser.js'
import { raisers } from './raise/table.js'
import { checkKnown, claimOutputs, nameOf, type Reading, startReading, valuesUsed } from './reading.js'
import { resolveConstant } from './resolve-constant.js'

/** A node that became a module. */
export interface Placed {
  readonly node: OnnxNode
  readonly module: AnyModule
  /** Value names, one for each slot. */
  readonly inputs: readonly string[]
  readonly slots: readonly OnnxSlot[]
  /** Positions of the module's outputs among the node's. */
  readonly outputs: readonly number[]
  readonly direct: boolean
  /** Why it is opaque; undefined where it is not. */
  readonly reason: string | undefined
}

/** Where nodes only compute a constant, the constant is kept and the node is no layer. */
const takeConstant = ({ document, context }: Reading, node: OnnxNode): boolean => {
  if (!isStandard(node.node, document)) return false
  const tensor = resolveConstant(node.node, context.constant, context.type)
  const [output = ''] = node.node.output
  if (tensor === undefined || output === '') return false
  document.islands.set(output, node)
  document.tensors.set(output, tensor)
  return true
}

const raise = ({ document, context }: Reading, { node }: OnnxNode): Raised | string => {
  const raiser = raisers.get(node.opType)
  if (raiser === undefined) return 'no kind of layer computes it'
  if (!isStandard(node, document)) return 'its operator is not that of ONNX opset 7 or newer'
  if ((node.output[0] ?? '') === '') return 'its result has no name'
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

const opaque = ({ document }: Reading, node: OnnxNode, reason: string): Placed => {
  const { opType, domain, input, output } = node.node
  const inputs = input.flatMap((name, i) => (name === '' ? [] : [{ name, slot: { input: i } }]))
  const captured = node.captured
    .filter((name) => !document.tensors.has(name))
    .map((name) => ({ name, slot: { captured: name } }))
  const operands = [...inputs, ...captured]
  const slots = operands.map(({ slot }) => slot)
  const outputs = output.flatMap((name, i) => (name === '' ? [] : [i]))
  return {
    node,
    module: OnnxOp({ opType, domain, node: node.node, slots, outputs }),
    inputs: operands.map(({ name }) => name),
    slots,
    outputs,
    direct: true,
    reason,
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
})

const refine = (stated: ValueType | undefined, inferred: ValueType | undefined): ValueType => ({
  dtype: stated?.dtype ?? inferred?.dtype,
  shape: stated?.shape ?? inferred?.shape,
})

const noteTypes = (
  { context, document, stated }: Reading,
  { node, module, inputs, outputs }: Placed,
  least: ValueType,
): void => {
  const inferred = inferModule(module, inputs.map(context.type))
  for (const [i, position] of outputs.entries()) {
    const name = node.node.output[position] as string
    document.types.set(name, refine(stated.get(name), refine(inferred[i], least)))
  }
}

const place = (reading: Reading, node: OnnxNode): Placed => {
  const result = raise(reading, node)
  const placed = typeof result === 'string' ? opaque(reading, node, result) : raised(node, result)
  const shape = typeof result === 'string' ? undefined : result.shape
  noteTypes(reading, placed, { dtype: undefined, shape })
  return placed
}

/**
 * Reads the nodes in order: each becomes a layer, an opaque module, or a constant that the document keeps.
 *
 * @throws NnfuseError `ONNX_DUPLICATE_VALUE`, `ONNX_UNKNOWN_VALUE`, `ONNX_NOT_SORTED`
 */
export const placeNodes = (document: OnnxDocument): Placed[] => {
  const reading = startReading(document)
  const placed: Placed[] = []
  for (const node of document.nodes) {
    checkKnown(reading, valuesUsed(node), nameOf(node))
    claimOutputs(reading, node)
    if (!takeConstant(reading, node)) placed.push(place(reading, node))
  }
  checkKnown(
    reading,
    document.outputs.map(({ name }) => name),
    'the graph',
  )
  return placed
}
