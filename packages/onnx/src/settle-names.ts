import type { GraphModuleOf } from '@nnfuse/ir'
import { isStandard, type OnnxDocument, type OnnxNode, reservedNames } from './document.js'
import { type Draft, type DraftValue, resultValue } from './draft.js'
import { cannotExpress } from './errors.js'
import { freshNames } from './fresh-names.js'

/*
 * Three kinds of names are not ours to choose: those of the graph's outputs, those that inner graphs of If and Loop
 * use, and those of the file's constants. Values get them first; where a value cannot have the name it needs,
 * an Identity node gives it.
 */

/** Names in use. */
interface Naming {
  readonly draft: Draft
  readonly owners: Map<string, DraftValue>
  /** Values whose name must stay. */
  readonly fixed: Set<DraftValue>
  /** Identity nodes of the file that are no layers any more, by what they make: one of them serves again. */
  readonly identities: ReadonlyMap<string, OnnxNode>
}

const idleIdentities = (draft: Draft, document: OnnxDocument | undefined): Map<string, OnnxNode> => {
  const written = new Set(draft.nodes.map(({ template }) => template))
  const idle = (document?.nodes ?? []).filter(
    ({ node }) =>
      node.opType === 'Identity' && isStandard(node, document as OnnxDocument) && !written.has(node),
  )
  return new Map(idle.map((node) => [node.node.output[0] ?? '', node]))
}

const give = ({ owners }: Naming, value: DraftValue, name: string): void => {
  if (value.name !== undefined && owners.get(value.name) === value) owners.delete(value.name)
  value.name = name
  owners.set(name, value)
}

/** Takes a name away from a value that may have another. */
const release = (naming: Naming, name: string): void => {
  const owner = naming.owners.get(name)
  if (owner === undefined) return
  if (owner.from !== 'node' || naming.fixed.has(owner)) {
    throw cannotExpress(name, 'two values of the graph need this name', 'Rename one of the graph outputs.')
  }
  owner.name = undefined
  naming.owners.delete(name)
}

const copyUnder = ({ draft, identities }: Naming, value: DraftValue, name: string): DraftValue => {
  const copy = resultValue(value.type, name)
  const original = identities.get(name)
  draft.nodes.push({
    opType: 'Identity',
    name: original?.node.name ?? `/Identity/${name}`,
    path: name,
    attributes: [],
    inputs: [value],
    outputs: [copy],
    mentions: [],
    original,
    template: original?.node,
    order: original?.order ?? draft.nodes.at(-1)?.order ?? -1,
  })
  return copy
}

/** The value, or a copy of it, under a name that it must have. */
const demand = (naming: Naming, value: DraftValue, name: string): DraftValue => {
  if (value.name === name) {
    naming.fixed.add(value)
    return value
  }
  release(naming, name)
  const free = value.from === 'node' && !naming.fixed.has(value)
  const named = free ? value : copyUnder(naming, value, name)
  give(naming, named, name)
  naming.fixed.add(named)
  return named
}

/** Names of the file's outputs stay, whatever the graph calls the values now. */
const outputNames = (graph: GraphModuleOf, document: OnnxDocument | undefined): readonly string[] => {
  const { outputs } = graph.attrs
  if (document?.outputs.length !== outputs.length) return outputs
  return document.outputs.map(({ name }) => name)
}

/** A value may be listed twice under one name. */
const settleOutputs = (naming: Naming, graph: GraphModuleOf, document: OnnxDocument | undefined): void => {
  const settled = new Map<string, { readonly value: DraftValue; readonly output: DraftValue }>()
  for (const [i, name] of outputNames(graph, document).entries()) {
    const value = naming.draft.outputs[i] as DraftValue
    const known = settled.get(name)
    const output = known?.value === value ? known.output : demand(naming, value, name)
    settled.set(name, { value, output })
    naming.draft.outputs[i] = output
  }
}

/** One copy serves every inner graph that uses the name. */
const settleCaptures = (naming: Naming): void => {
  const settled = new Map<string, DraftValue>()
  for (const { value, name } of naming.draft.captures) {
    if (settled.get(name) === value) continue
    settled.set(name, value)
    demand(naming, value, name)
  }
}

const nameTheRest = (
  naming: Naming,
  document: OnnxDocument | undefined,
  enclosing: readonly ReadonlySet<string>[],
): void => {
  const reserved = new Set([...reservedNames(document), ...naming.draft.inside])
  const unique = freshNames(enclosing, [...reserved, ...naming.owners.keys()])
  const isFree = (name: string): boolean =>
    name !== '' &&
    !naming.owners.has(name) &&
    !reserved.has(name) &&
    !enclosing.some((scope) => scope.has(name))
  const nameless = naming.draft.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((value) => value && value.name === undefined)
  for (const value of nameless as DraftValue[]) {
    const wish = value.wishes.find(isFree)
    if (wish !== undefined) unique(wish)
    give(naming, value, wish ?? unique(value.fallback))
  }
}

/**
 * Gives every value made by a node its final name.
 *
 * @throws NnfuseError `CANNOT_EXPRESS` where two values must have one name
 */
export const settleNames = (
  draft: Draft,
  graph: GraphModuleOf,
  document: OnnxDocument | undefined,
  enclosing: readonly ReadonlySet<string>[],
): void => {
  const owners = new Map<string, DraftValue>()
  for (const value of [...draft.inputs, ...draft.nodes.flatMap(({ outputs }) => outputs)]) {
    if (value?.name !== undefined) owners.set(value.name, value)
  }
  const identities = idleIdentities(draft, document)
  const naming: Naming = { draft, owners, fixed: new Set(draft.inputs), identities }
  settleCaptures(naming)
  settleOutputs(naming, graph, document)
  nameTheRest(naming, document, enclosing)
}
