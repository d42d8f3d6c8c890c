import type { NodeProto } from 'onnx-buf'
import type { Origin, Station } from './document.js'
import { domainName } from './domains.js'
import { type DraftValue, resultValue, type WrittenBody } from './draft.js'
import type { Emitter } from './emitter.js'
import { cannotExpress } from './errors.js'
import { holdsExternal } from './inner-graphs.js'
import type { OnnxOpModule, OnnxSlot } from './onnx-op.js'
import type { SettledGraph } from './settle-graph.js'
import { subgraphNames } from './subgraphs.js'

/*
 * Nodes that are written as the file had them, but for the names of values that are called otherwise now.
 */

const operandsOf = (
  emitter: Emitter,
  node: NodeProto,
  slots: readonly OnnxSlot[],
  inputs: readonly DraftValue[],
): (DraftValue | undefined)[] => {
  const { input } = node
  const operands = input.map((name) => (name === '' ? undefined : emitter.fileValue(name)))
  for (const [i, slot] of slots.entries()) {
    const value = inputs[i] as DraftValue
    if ('captured' in slot) {
      emitter.draft.captures.push({ value, name: slot.captured, by: node })
      continue
    }
    value.wishes.push(input[slot.input] as string)
    operands[slot.input] = value
  }
  return operands
}

const resultsOf = (emitter: Emitter, { output }: NodeProto): (DraftValue | undefined)[] =>
  output.map((name) => (name === '' ? undefined : resultValue(emitter.typeOf(name), name, [name])))

/** A node of the file. Where its module is called twice, it is a node of its own the second time. */
const emitStation = (
  emitter: Emitter,
  { node, slots, outputs }: Station,
  path: string,
  inputs: readonly DraftValue[],
): readonly DraftValue[] => {
  const isFirst = emitter.take(node.node)
  const results = resultsOf(emitter, node.node)
  emitter.write({
    opType: node.node.opType,
    name: isFirst ? node.node.name : undefined,
    path,
    attributes: [],
    inputs: operandsOf(emitter, node.node, slots, inputs),
    outputs: results,
    mentions: node.captured,
    original: isFirst ? node : undefined,
    template: node.node,
    order: node.order,
  })
  return outputs.map((position) => results[position] as DraftValue)
}

/** What a module was made from. */
export const emitOrigin = (
  emitter: Emitter,
  origin: Origin,
  path: string,
  inputs: readonly DraftValue[],
): readonly DraftValue[] => {
  const results = emitStation(emitter, origin, path, inputs)
  return origin.sum ? emitStation(emitter, origin.sum, path, results) : results
}

/** The graphs inside a node that have changed, or whose tensors are in other files. */
const writtenBodies = (
  emitter: Emitter,
  { attrs: { inner }, children }: OnnxOpModule,
  path: string,
): WrittenBody[] =>
  (inner?.bodies ?? []).flatMap((body) => {
    const module = children.get(body.name)
    if (module === undefined) throw cannotExpress(path, `its graph "${body.name}" is missing`)
    if (module === inner?.roots.get(body.name) && !holdsExternal([body])) return []
    return [{ body, settled: emitter.writeBody(body, module, `${path}.${body.name}`) }]
  })

const capturedBy = (
  { attrs: { node, inner } }: OnnxOpModule,
  written: readonly WrittenBody[],
): readonly string[] => {
  if (inner === undefined) return subgraphNames(node).captured
  const settled = new Map(written.map((entry) => [entry.body, entry.settled.captured]))
  return [...new Set(inner.bodies.flatMap((body) => settled.get(body) ?? body.captured))]
}

/** Names that the inner graphs of a node use must be values of this graph, or constants of this file. */
const mentionsOf = (
  emitter: Emitter,
  module: OnnxOpModule,
  written: readonly WrittenBody[],
  path: string,
): readonly string[] => {
  const given = new Set(module.attrs.slots.flatMap((slot) => ('captured' in slot ? [slot.captured] : [])))
  const captured = capturedBy(module, written)
  const unknown = captured.find((name) => !given.has(name) && !emitter.document?.tensors.has(name))
  if (unknown !== undefined)
    throw cannotExpress(path, `its inner graph uses "${unknown}", which this model does not have`)
  return captured
}

const knowsDomain = ({ document }: Emitter, { domain }: NodeProto): boolean => {
  const known = domainName(domain)
  return document ? document.opsets.has(known) : known === ''
}

/** What a graph inside a node defines, no value around it may be called. */
const noteNames = ({ draft }: Emitter, settled: SettledGraph): void => {
  for (const names of [settled.types.keys(), settled.draft.inside])
    for (const name of names) draft.inside.add(name)
}

/** An opaque module that is not, or no more, the one that was read: its node under new names. */
export const emitOpaque = (
  emitter: Emitter,
  module: OnnxOpModule,
  path: string,
  inputs: readonly DraftValue[],
): readonly DraftValue[] => {
  const { node, slots, outputs, inner } = module.attrs
  if (!knowsDomain(emitter, node)) throw cannotExpress(path, `the file has no operators of "${node.domain}"`)
  if (inputs.length !== slots.length)
    throw cannotExpress(path, `it takes ${slots.length} inputs, not ${inputs.length}`)
  const results = resultsOf(emitter, node)
  const written = writtenBodies(emitter, module, path)
  for (const { settled } of written) noteNames(emitter, settled)
  emitter.write({
    opType: node.opType,
    name: emitter.take(node) ? node.name : undefined,
    path,
    attributes: [],
    inputs: operandsOf(emitter, node, slots, inputs),
    outputs: results,
    mentions: mentionsOf(emitter, module, written, path),
    original: undefined,
    template: node,
    ...(inner && written.length > 0 && { inner: { layout: inner, written } }),
    order: emitter.document?.paths.get(path)?.node.order,
  })
  return outputs.map((position) => results[position] as DraftValue)
}
