import type { Tensor } from '@nnfuse/ir'
import { capturedData, type OnnxDocument, type OnnxNode } from './document.js'
import type { Draft } from './draft.js'
import { worthEvaluating } from './worth-evaluating.js'

/** The constants of a file that its new graph still needs. */
export interface KeptConstants {
  readonly initializers: ReadonlySet<string>
  readonly islands: readonly OnnxNode[]
  /** What islands computed that cannot be written any more, by name. */
  readonly materialized: ReadonlyMap<string, Tensor>
  /** Of a graph inside a node: what it takes from the graphs around it. */
  readonly captured: readonly string[]
}

/** Names that the file itself uses somewhere: what it never used is none of our business and stays. */
const usedInFile = ({ nodes, outputs }: OnnxDocument): Set<string> =>
  new Set([
    ...nodes.flatMap(({ node, captured }) => [...node.input, ...captured]),
    ...outputs.map(({ name }) => name),
  ])

const neededByDraft = ({ nodes, outputs }: Draft, { tensors }: OnnxDocument): string[] => [
  ...nodes.flatMap(({ inputs, mentions }) => [
    ...inputs.flatMap((value) => (value?.from === 'file' ? [value.name as string] : [])),
    ...mentions.filter((name) => tensors.has(name)),
  ]),
  ...outputs.flatMap((value) => (value.from === 'file' ? [value.name as string] : [])),
]

const namesOf = ({ nodes, inputs }: Draft): Set<string> =>
  new Set([...inputs, ...nodes.flatMap(({ outputs }) => outputs)].flatMap((value) => value?.name ?? []))

/** Overridable initializers stay with their input. */
const isKeptAnyway =
  (document: OnnxDocument, used: ReadonlySet<string>, values: ReadonlySet<string>) => (name: string) =>
    document.tensors.has(name) ? !used.has(name) : values.has(name)

/** Follows what is needed through islands, each name once. */
export const keepConstants = (draft: Draft, document: OnnxDocument): KeptConstants => {
  const used = usedInFile(document)
  const values = namesOf(draft)
  const keptAnyway = isKeptAnyway(document, used, values)
  const isGone = (name: string): boolean => name !== '' && !document.tensors.has(name) && !values.has(name)
  const needed = [...document.initializers.keys()].filter(keptAnyway)
  const unusedIslands = [...document.islands].filter(
    ([name, { node, source }]) => source === document.source && !used.has(name) && !node.input.some(isGone),
  )
  const names = new Set([
    ...needed,
    ...unusedIslands.map(([name]) => name),
    ...neededByDraft(draft, document),
  ])
  const evaluated = draft.evaluated ? worthEvaluating(document, draft.evaluated) : new Set<string>()
  const islands: OnnxNode[] = []
  const materialized = new Map<string, Tensor>()
  for (const name of names) {
    const island = document.islands.get(name)
    if (island === undefined) continue
    if (island.node.input.some(isGone) || evaluated.has(name)) {
      materialized.set(name, document.tensors.get(name) as Tensor)
      continue
    }
    islands.push(island)
    for (const input of island.node.input) if (document.tensors.has(input)) names.add(input)
  }
  return {
    initializers: new Set([...names].filter((name) => document.initializers.has(name))),
    islands,
    materialized,
    captured: [...new Set([...names, ...capturedData(document)])].filter((name) =>
      document.captured.has(name),
    ),
  }
}
