import { unknownType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import type { OnnxDocument, OnnxNode } from './document.js'
import {
  type Capture,
  type Draft,
  type DraftNode,
  type DraftValue,
  namedValue,
  resultValue,
} from './draft.js'
import type { InlinedCall } from './inlined-call.js'

/*
 * A function's call was read as the layers that it stands for. Where these are written as the same nodes, joined in
 * the same way, the call is written in their place.
 */

/** What is known of the nodes of a draft, while calls are looked for among them. */
interface Restoring {
  readonly draft: Draft
  readonly document: OnnxDocument
  /** Where the nodes of functions are written; undefined for one that is written twice. */
  readonly places: ReadonlyMap<OnnxNode, number | undefined>
  /** The nodes that use a value; -1 for the outputs of the graph. */
  readonly users: ReadonlyMap<DraftValue, readonly number[]>
  readonly makers: ReadonlyMap<DraftValue, number>
  readonly captures: ReadonlyMap<NodeProto, readonly Capture[]>
  /** Values whose names are settled already. */
  readonly named: ReadonlyMap<string, DraftValue>
}

/** The values of a call's nodes, by what they were called when it was read. */
type Values = Map<string, DraftValue | undefined>

const outside = -1

const placesOf = ({ nodes }: Draft): Map<OnnxNode, number | undefined> => {
  const places = new Map<OnnxNode, number | undefined>()
  for (const [place, { original }] of nodes.entries())
    if (original) places.set(original, places.has(original) ? undefined : place)
  return places
}

const usersOf = ({ nodes, outputs, captures }: Draft): Map<DraftValue, number[]> => {
  const users = new Map<DraftValue, number[]>()
  const note = (value: DraftValue | undefined, place: number): void => {
    const known = value && users.get(value)
    if (known) known.push(place)
    else if (value) users.set(value, [place])
  }
  const placeOf = new Map(nodes.map(({ template }, place) => [template, place]))
  for (const [place, { inputs }] of nodes.entries()) for (const input of inputs) note(input, place)
  for (const { value, by } of captures) note(value, placeOf.get(by) ?? outside)
  for (const output of outputs) note(output, outside)
  return users
}

const makersOf = ({ nodes }: Draft): Map<DraftValue, number> =>
  new Map(nodes.flatMap(({ outputs }, place) => outputs.flatMap((value) => (value ? [[value, place]] : []))))

const capturesOf = ({ captures }: Draft): Map<NodeProto, Capture[]> => {
  const byNode = new Map<NodeProto, Capture[]>()
  for (const capture of captures) {
    const known = byNode.get(capture.by)
    if (known) known.push(capture)
    else byNode.set(capture.by, [capture])
  }
  return byNode
}

const namedValues = ({ inputs, nodes }: Draft): Map<string, DraftValue> => {
  const values = [...inputs, ...nodes.flatMap(({ outputs }) => outputs)]
  return new Map(values.flatMap((value) => (value?.name === undefined ? [] : [[value.name, value]])))
}

const isSame = (before: DraftValue | undefined, now: DraftValue | undefined): boolean =>
  before === now || (before?.from === 'file' && now?.from === 'file' && before.name === now.name)

/** Whether a value is what it was called: a constant must still be the same one of the file. */
const pair = (
  values: Values,
  { tensors }: OnnxDocument,
  names: readonly string[],
  now: DraftNode['inputs'],
): boolean =>
  names.length === now.length &&
  names.every((name, i) => {
    const value = now[i]
    if (name === '') return value === undefined
    if (tensors.has(name)) return value?.from === 'file' && value.name === name
    const isKnown = values.has(name)
    if (!isKnown) values.set(name, value)
    return value !== undefined && (!isKnown || isSame(values.get(name), value))
  })

/** The nodes of a call, found in the draft. */
interface Matched {
  readonly values: Values
  readonly places: readonly number[]
}

const firstOf = (places: readonly number[]): number =>
  places.reduce((first, place) => Math.min(first, place), Number.POSITIVE_INFINITY)

const matchMembers = (state: Restoring, { members }: InlinedCall): Matched | undefined => {
  const { draft, document } = state
  const values: Values = new Map()
  const places: number[] = []
  for (const member of members) {
    const place = state.places.get(member)
    if (place === undefined) return undefined
    const { inputs, outputs } = draft.nodes[place] as DraftNode
    const joined =
      pair(values, document, member.node.input, inputs) && pair(values, document, member.node.output, outputs)
    const captures = state.captures.get(member.node) ?? []
    if (!joined || !captures.every(({ name, value }) => pair(values, document, [name], [value])))
      return undefined
    places.push(place)
  }
  return { values, places }
}

/** What the call is given, each made before it; undefined where that is not so. */
const inputsOf = (
  { document, makers, named }: Restoring,
  { node: { node } }: InlinedCall,
  values: Values,
  place: number,
): (DraftValue | undefined)[] | undefined => {
  const inputs = node.input.map((name) => {
    const tensor = document.tensors.get(name)
    return tensor ? namedValue(name, tensor, 'file') : (values.get(name) ?? named.get(name))
  })
  const isGiven = inputs.every((value, i) =>
    value === undefined ? node.input[i] === '' : (makers.get(value) ?? outside) < place,
  )
  return isGiven ? inputs : undefined
}

/** A call that is written, and the places of the nodes that it stands for. */
interface Restored {
  readonly call: DraftNode
  readonly places: readonly number[]
}

/** Nobody else may use what the call does not give. */
const isClosed = (
  { users }: Restoring,
  { node, members }: InlinedCall,
  { values, places }: Matched,
): boolean => {
  const results = new Set(node.node.output)
  const own = new Set(places)
  return members
    .flatMap((member) => member.node.output)
    .filter((name) => !results.has(name))
    .flatMap((name) => values.get(name) ?? [])
    .every((value) => (users.get(value) ?? []).every((place) => own.has(place)))
}

const restore = (state: Restoring, call: InlinedCall): Restored | undefined => {
  const found = matchMembers(state, call)
  if (found === undefined || !isClosed(state, call, found)) return undefined
  const { values, places } = found
  const { node, order } = call.node
  const [first = 0] = places
  const inputs = inputsOf(state, call, values, firstOf(places))
  if (inputs === undefined) return undefined
  const outputs = node.output.map((name) =>
    name === '' ? undefined : (values.get(name) ?? resultValue(unknownType, name, [name])),
  )
  for (const [i, value] of inputs.entries()) value?.wishes.push(node.input[i] as string)
  const { path } = state.draft.nodes[first] as DraftNode
  const { opType, name } = node
  return {
    call: {
      opType,
      name,
      path,
      attributes: [],
      inputs,
      outputs,
      mentions: [],
      original: call.node,
      template: node,
      order,
    },
    places,
  }
}

/** Puts calls of the file's functions in place of the nodes that stand for them. */
export const restoreCalls = (draft: Draft, document: OnnxDocument | undefined): void => {
  if (document === undefined || document.calls.length === 0) return
  const state: Restoring = {
    draft,
    document,
    places: placesOf(draft),
    users: usersOf(draft),
    makers: makersOf(draft),
    captures: capturesOf(draft),
    named: namedValues(draft),
  }
  const restored = document.calls.flatMap((call) => restore(state, call) ?? [])
  const callAt = new Map(restored.map(({ call, places }) => [firstOf(places), call]))
  const gone = new Set(restored.flatMap(({ places }) => places))
  const nodes = draft.nodes.flatMap((node, place) => callAt.get(place) ?? (gone.has(place) ? [] : [node]))
  const left = new Set(nodes.map(({ template }) => template))
  draft.nodes = nodes
  draft.captures = draft.captures.filter(({ by }) => left.has(by))
}
