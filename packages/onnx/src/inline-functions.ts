import { create, toBinary } from '@bufbuild/protobuf'
import { uniqueNames, type ValueType } from '@nnfuse/ir'
import { GraphProtoSchema } from 'onnx-buf'
import { memorySource } from './byte-sources.js'
import type { OnnxDocument, OnnxNode } from './document.js'
import { type ExpandedCall, expandCall } from './expand-call.js'
import { type FunctionCost, functionTable } from './function-table.js'
import { type GraphEntry, readEntry } from './graph-entry.js'
import type { Expansion } from './inlined-call.js'
import { subgraphNames } from './subgraphs.js'
import { valueTypeOf } from './value-types.js'
import { runScan, walkFields, windowOf } from './wire.js'

/*
 * A call of a function becomes the function's nodes under names of their own, in bytes of their own, which are read
 * as nodes of the file are. The call itself is kept: while none of its nodes changes, it is what is written.
 */

/** The nodes that stand for a call, or why it stays one; undefined for a node that calls no function of the file. */
export type Inliner = (node: OnnxNode, depth: number) => Promise<Expansion | string | undefined>

/** A few bytes may ask for more nodes than memory holds: functions that call functions, twice each. */
const largest: FunctionCost = { nodes: 1_000_000, bytes: 2 ** 28 }

/** Functions may nest graphs deeper than one message can. */
const deepest = 32

const fits = (spent: FunctionCost, cost: FunctionCost): boolean =>
  spent.nodes + cost.nodes <= largest.nodes && spent.bytes + cost.bytes <= largest.bytes

/** Every name in the file, also inside its nodes. */
const namesIn = ({ initializers, inputs, nodes }: OnnxDocument): Set<string> =>
  new Set([
    ...initializers.keys(),
    ...inputs.map(({ name }) => name),
    ...nodes.flatMap(({ node, defined }) => [...node.output, ...defined]),
  ])

const typesOf = ({ infos }: ExpandedCall): Map<string, ValueType> =>
  new Map(infos.map(({ name, type }) => [name, valueTypeOf(type)]))

const readNodes = async (
  { nodes }: ExpandedCall,
  call: OnnxNode,
  name: string,
): Promise<readonly OnnxNode[]> => {
  const bytes = toBinary(GraphProtoSchema, create(GraphProtoSchema, { node: [...nodes] }))
  const source = memorySource(bytes, name)
  const window = windowOf(source)
  const entries: GraphEntry[] = []
  await runScan(
    window,
    walkFields(window, { start: 0, end: source.size }, function* (span) {
      entries.push(yield* readEntry(window, span))
    }),
  )
  return entries.flatMap((entry) => {
    if (entry.type !== 'node') return []
    const { node, start, end } = entry
    return [{ node, source, span: { start, end }, order: call.order, ...subgraphNames(node) }]
  })
}

/** Replaces calls of the functions of a file, within limits. */
export const createInliner = (document: OnnxDocument): Inliner => {
  const { index, opsets, source } = document
  if (index.functions.size === 0) return () => Promise.resolve(undefined)
  const table = functionTable(index, opsets)
  const unique = uniqueNames(namesIn(document))
  const spent = { nodes: 0, bytes: 0 }
  return async (call, depth) => {
    const definition = table.functionOf(call.node)
    if (typeof definition !== 'object') return definition
    const cost = table.costOf(definition)
    if (typeof cost === 'string') return cost
    if (depth > deepest || !fits(spent, cost)) return 'its function, with those it calls, is too large'
    const prefix = call.node.name || `${call.node.opType}_${call.order}`
    const expanded = expandCall(call.node, definition.proto, table, prefix, unique)
    if (typeof expanded === 'string') return expanded
    spent.nodes += cost.nodes
    spent.bytes += cost.bytes
    return { nodes: await readNodes(expanded, call, source.name), types: typesOf(expanded) }
  }
}
