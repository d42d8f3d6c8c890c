import { create } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  type FunctionProto,
  type NodeProto,
  NodeProtoSchema,
  type TypeProto,
  type ValueInfoProto,
} from 'onnx-buf'
import type { FunctionTable } from './function-table.js'
import { boundNode, type CallTerms, callNames } from './rename-node.js'
import { graphsOf, subgraphNames } from './subgraphs.js'
import { withoutSymbols } from './value-types.js'

/** What a call stands for. */
export interface ExpandedCall {
  readonly nodes: readonly NodeProto[]
  /** What the functions state of their values. */
  readonly infos: readonly ValueInfoProto[]
}

/** A call that is being replaced. */
interface Frame {
  readonly function: FunctionProto
  readonly prefix: string
  readonly terms: CallTerms
  /** Outputs that no node of the function makes: they copy an input, or another output. */
  readonly copies: readonly NodeProto[]
  next: number
}

const identity = (name: string, from: string, to: string): NodeProto =>
  create(NodeProtoSchema, { name, opType: 'Identity', input: [from], output: [to] })

/** What the function's inputs and outputs are called at the call. */
const bind = (call: NodeProto, { input, output }: FunctionProto) => {
  const bound = new Map(input.map((name, i) => [name, call.input[i] ?? '']))
  const copied: { readonly from: string; readonly to: string }[] = []
  for (const [i, name] of output.entries()) {
    const to = call.output[i] ?? ''
    if (to === '') continue
    const from = bound.get(name)
    if (from === undefined) bound.set(name, to)
    else copied.push({ from, to })
  }
  return { bound, copied }
}

/** Why a function cannot stand in place of this call; undefined where it can. */
const callConflict = (call: NodeProto, definition: FunctionProto): string | undefined => {
  const { input, output, node } = definition
  if (call.input.length > input.length) return `its function takes ${input.length} inputs`
  if (call.output.length > output.length) return `its function has ${output.length} outputs`
  if (graphsOf(call).length > 0) return 'one of its attributes is a graph'
  if (call.output.every((name) => name === '')) return 'none of its outputs has a name'
  const absent = new Set(input.filter((_, i) => (call.input[i] ?? '') === ''))
  const needed = [
    ...node.flatMap((entry) => subgraphNames(entry).captured),
    ...output.filter((_, i) => (call.output[i] ?? '') !== ''),
  ]
  const missing = needed.find((name) => absent.has(name))
  return missing === undefined ? undefined : `its function needs "${missing}", which it is not given`
}

const open = (
  call: NodeProto,
  definition: FunctionProto,
  prefix: string,
  unique: (name: string) => string,
): Frame => {
  const { bound, copied } = bind(call, definition)
  const fresh = (name: string): string => unique(`${prefix}/${name}`)
  const attributes = new Map<string, AttributeProto>(
    [...definition.attributeProto, ...call.attribute].map((entry) => [entry.name, entry]),
  )
  return {
    function: definition,
    prefix,
    terms: { rename: callNames(bound, fresh), fresh, attribute: (name) => attributes.get(name) },
    copies: copied.map(({ from, to }, i) => identity(`${prefix}/Identity_${i}`, from, to)),
    next: 0,
  }
}

const nameIn = (prefix: string, { name, opType }: NodeProto, position: number): string =>
  `${prefix}/${name.replace(/^\/+/, '') || `${opType}_${position}`}`

/** The function that a node calls and that can stand in its place. */
const replaceable = ({ functionOf, costOf }: FunctionTable, node: NodeProto): FunctionProto | undefined => {
  const definition = functionOf(node)
  if (typeof definition !== 'object' || typeof costOf(definition) === 'string') return undefined
  return callConflict(node, definition.proto) === undefined ? definition.proto : undefined
}

const infosOf = ({ function: { valueInfo, input }, terms }: Frame): ValueInfoProto[] =>
  valueInfo
    .filter(({ name }) => !input.includes(name))
    .map(({ type, ...info }) => ({
      ...info,
      name: terms.rename(info.name),
      type: withoutSymbols(type) as TypeProto,
    }))

/**
 * The nodes that a call stands for, calls inside its function replaced as well; or the reason why it stays a call.
 *
 * @param prefix before the names of the nodes and of their values
 * @param unique gives names that nothing in the file has
 */
export const expandCall = (
  call: NodeProto,
  definition: FunctionProto,
  table: FunctionTable,
  prefix: string,
  unique: (name: string) => string,
): ExpandedCall | string => {
  const conflict = callConflict(call, definition)
  if (conflict !== undefined) return conflict
  const nodes: NodeProto[] = []
  const infos: ValueInfoProto[] = []
  const frames = [open(call, definition, prefix, unique)]
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const node = frame.function.node[frame.next]
    if (node === undefined) {
      for (const copy of frame.copies) nodes.push(copy)
      for (const info of infosOf(frame)) infos.push(info)
      frames.pop()
      continue
    }
    const bound = boundNode(node, nameIn(frame.prefix, node, frame.next), frame.terms)
    frame.next += 1
    const inner = replaceable(table, bound)
    if (inner === undefined) nodes.push(bound)
    else frames.push(open(bound, inner, bound.name, unique))
  }
  return { nodes, infos }
}
