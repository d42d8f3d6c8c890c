import { type Tensor, unknownType, type ValueType } from '@nnfuse/ir'
import type { OnnxDocument, OnnxNode } from './document.js'
import type { Draft, DraftNode, DraftValue } from './draft.js'
import { freshNames } from './fresh-names.js'
import { type KeptConstants, keepConstants } from './keep-constants.js'
import { type Sortable, sortNodes } from './sort-nodes.js'

/** A node to be written: one of the draft, or one that computes a constant and was never part of the model's graph. */
export type WrittenNode = Sortable &
  (
    | { readonly type: 'draft'; readonly draft: DraftNode }
    | { readonly type: 'island'; readonly island: OnnxNode }
  )

/** An initializer that the file does not have yet. */
export interface NewTensor {
  readonly name: string
  readonly tensor: Tensor
}

/** Everything that is written, named and in order. */
export interface SettledGraph {
  readonly draft: Draft
  readonly nodes: readonly WrittenNode[]
  readonly tensors: readonly NewTensor[]
  /** Initializers of the file that stay. */
  readonly initializers: ReadonlySet<string>
  /** Every name that has a value, with what is known of it where it is new. */
  readonly types: ReadonlyMap<string, ValueType>
  /** Of a graph inside a node: what it takes from the graphs around it. */
  readonly captured: readonly string[]
}

const nothingKept: KeptConstants = {
  initializers: new Set(),
  islands: [],
  materialized: new Map(),
  captured: [],
}

const present = (values: readonly (DraftValue | undefined)[]): DraftValue[] =>
  values.filter((value) => value !== undefined)

const namesOf = (values: readonly (DraftValue | undefined)[]): string[] =>
  present(values).map(({ name }) => name as string)

const nameTensors = (
  draft: Draft,
  document: OnnxDocument | undefined,
  kept: KeptConstants,
  enclosing: readonly ReadonlySet<string>[],
): NewTensor[] => {
  const used = new Set(draft.nodes.flatMap(({ inputs }) => inputs))
  const unique = freshNames(enclosing, [
    ...namesOf([...draft.inputs, ...draft.nodes.flatMap(({ outputs }) => outputs)]),
    ...kept.initializers,
    ...kept.islands.flatMap(({ node }) => node.output),
    ...kept.materialized.keys(),
    ...(document?.nodes.flatMap(({ defined }) => defined) ?? []),
    ...draft.inside,
  ])
  const named = [...draft.tensors.values()].filter((value) => used.has(value))
  for (const value of named) value.name = unique(value.wishes[0] ?? value.fallback)
  return [
    ...named.map(({ name, tensor }) => ({ name: name as string, tensor: tensor as Tensor })),
    ...[...kept.materialized].map(([name, tensor]) => ({ name, tensor })),
  ]
}

const draftItem = (draft: DraftNode): WrittenNode => ({
  type: 'draft',
  draft,
  order: draft.order,
  path: draft.path,
  uses: [...namesOf(draft.inputs), ...draft.mentions],
  makes: namesOf(draft.outputs),
})

const islandItem = (island: OnnxNode): WrittenNode => ({
  type: 'island',
  island,
  order: island.order,
  path: island.node.name,
  uses: island.node.input,
  makes: island.node.output,
})

/** Of what comes from the file as it stands, the file may say what it likes: nothing is set against it. */
const typesOf = (
  { nodes, inputs }: Draft,
  kept: KeptConstants,
  tensors: readonly NewTensor[],
): Map<string, ValueType> => {
  const fromFile = [
    ...kept.initializers,
    ...kept.islands.flatMap(({ node }) => node.output),
    ...namesOf(nodes.flatMap(({ original, outputs }) => (original ? outputs : []))),
  ]
  const values = present([...inputs, ...nodes.flatMap(({ original, outputs }) => (original ? [] : outputs))])
  return new Map<string, ValueType>([
    ...fromFile.map((name): [string, ValueType] => [name, unknownType]),
    ...tensors.map(({ name, tensor }): [string, ValueType] => [name, tensor]),
    ...values.map(({ name, type }): [string, ValueType] => [name as string, type]),
  ])
}

/**
 * Decides what is written around a draft whose values have their names: which constants of the file stay, what new
 * tensors are called, and in which order the nodes stand.
 *
 * @throws NnfuseError `CANNOT_EXPRESS` where the nodes form a cycle
 */
export const settleGraph = (
  draft: Draft,
  document: OnnxDocument | undefined,
  enclosing: readonly ReadonlySet<string>[],
): SettledGraph => {
  const kept = document ? keepConstants(draft, document) : nothingKept
  const tensors = nameTensors(draft, document, kept, enclosing)
  const items = [...draft.nodes.map(draftItem), ...kept.islands.map(islandItem)]
  return {
    draft,
    nodes: sortNodes(items),
    tensors,
    initializers: kept.initializers,
    types: typesOf(draft, kept, tensors),
    captured: kept.captured,
  }
}
