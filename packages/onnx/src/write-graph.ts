import { flatten, type GraphModuleOf, type Provenance, type ValueType } from '@nnfuse/ir'
import type { OnnxDocument } from './document.js'
import { draftGraph } from './draft-graph.js'
import { restoreCalls } from './restore-calls.js'
import { type SettledGraph, settleGraph } from './settle-graph.js'
import { settleNames } from './settle-names.js'
import { splitSequences } from './split-sequences.js'

/** A graph that is to be written: the model's, or one inside a node. */
export interface GraphToWrite {
  readonly graph: GraphModuleOf
  readonly document: OnnxDocument | undefined
  readonly opset: number
  /** Of the graph's inputs, where the graph does not say. */
  readonly inputTypes: ReadonlyMap<string, ValueType>
  /** Names in the graphs around it: ONNX forbids to use such a one again. */
  readonly enclosing: readonly ReadonlySet<string>[]
  /** What fusing has made layers from, by path. */
  readonly provenance: ReadonlyMap<string, Provenance>
}

/** Names that values of a graph have, or may get. */
const namesIn = ({ attrs }: GraphModuleOf, document: OnnxDocument | undefined): Set<string> =>
  new Set([
    ...attrs.inputs,
    ...attrs.calls.flatMap(({ outputs }) => outputs),
    ...(document?.initializers.keys() ?? []),
    ...(document?.inputs.map(({ name }) => name) ?? []),
    ...(document?.nodes.flatMap(({ node }) => node.output) ?? []),
  ])

/** Entries below a path, by the rest of theirs. */
const within = <T>(entries: ReadonlyMap<string, T>, path: string): ReadonlyMap<string, T> =>
  new Map(
    [...entries].flatMap(([key, entry]): [string, T][] =>
      key.startsWith(`${path}.`) ? [[key.slice(path.length + 1), entry]] : [],
    ),
  )

/**
 * Works out what a graph is written as, and what becomes of the graphs inside its nodes where these have changed.
 *
 * @throws NnfuseError `CANNOT_EXPRESS`
 */
export const writeGraph = (given: GraphToWrite): SettledGraph => {
  const { graph, document, opset, inputTypes, enclosing, provenance } = given
  let names: ReadonlySet<string> | undefined
  const draft = draftGraph(graph, {
    opset,
    document,
    inputTypes,
    enclosing,
    provenance,
    writeBody: (body, module, path) => {
      names ??= namesIn(graph, document)
      return writeGraph({
        graph: flatten(module),
        document: body.document,
        opset,
        inputTypes: new Map(),
        enclosing: [...enclosing, names],
        provenance: within(provenance, path),
      })
    },
  })
  restoreCalls(draft, document)
  splitSequences(draft, document, opset)
  settleNames(draft, graph, document, enclosing)
  return settleGraph(draft, document, enclosing)
}
