import type { NodeProto } from 'onnx-buf'
import type { OnnxDocument } from './document.js'
import type { DraftInner } from './draft.js'
import { allNodes, type FunctionTable, functionTable } from './function-table.js'
import type { OnnxFunction } from './index-file.js'
import type { SettledGraph } from './settle-graph.js'
import type { FieldSpan } from './wire.js'

const trainingField = 20

/** The functions that nodes call, and those that these call. */
const calledFrom = (nodes: readonly NodeProto[], { functionOf }: FunctionTable): Set<OnnxFunction> => {
  const called = new Set<OnnxFunction>()
  const note = (entries: readonly NodeProto[]): void => {
    for (const node of allNodes(entries)) {
      const definition = functionOf(node)
      if (typeof definition === 'object') called.add(definition)
    }
  }
  note(nodes)
  for (const { proto } of called) note(proto.node)
  return called
}

/** Nodes of the file as they are written; of a node with graphs that have changed, what these have become. */
const writtenNodes = (settled: SettledGraph): NodeProto[] => {
  const found: NodeProto[] = []
  const stack = [settled]
  for (let graph = stack.pop(); graph !== undefined; graph = stack.pop()) {
    for (const item of graph.nodes) {
      const inner = item.type === 'draft' ? item.draft.inner : undefined
      const proto = item.type === 'island' ? item.island.node : item.draft.template
      if (proto === undefined) continue
      if (inner === undefined) found.push(proto)
      else found.push(...unchangedNodes(inner))
      for (const { settled } of inner?.written ?? []) stack.push(settled)
    }
  }
  return found
}

const unchangedNodes = ({ layout, written }: DraftInner): NodeProto[] => {
  const changed = new Set(written.map(({ body }) => body))
  const others = layout.bodies.filter((body) => !changed.has(body))
  return others.flatMap(({ document }) => document.nodes.map(({ node }) => node))
}

/** Fields of functions that the file called and that nothing calls any more. */
export const vacatedFunctions = (settled: SettledGraph, document: OnnxDocument): ReadonlySet<FieldSpan> => {
  const { index, opsets, nodes } = document
  const trains = index.fields.some(({ field }) => field === trainingField)
  if (index.functions.size === 0 || trains) return new Set()
  const table = functionTable(index, opsets)
  const before = calledFrom(
    nodes.map(({ node }) => node),
    table,
  )
  const after = calledFrom(writtenNodes(settled), table)
  return new Set([...before].filter((entry) => !after.has(entry)).map(({ field }) => field))
}
