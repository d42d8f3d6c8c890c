import {
  type AnyModule,
  flatten,
  type GraphModuleOf,
  type Model,
  unknownType,
  type ValueId,
  type ValueType,
} from '@nnfuse/ir'
import { reservedNames } from './document.js'
import { type Draft, type DraftValue, emptyDraft, namedValue } from './draft.js'
import { Emitter, type EmitterOptions } from './emitter.js'
import { cannotExpress } from './errors.js'

/** The result of a call is called what the graph calls it; one that has a name already keeps it. */
const bind = (value: DraftValue, id: ValueId, isReserved: (name: string) => boolean): void => {
  if (value.name === undefined && value.from === 'node' && !isReserved(id)) value.name = id
  else value.wishes.unshift(id)
}

const typeOfInput = (
  { attrs }: GraphModuleOf,
  id: ValueId,
  given: ReadonlyMap<string, ValueType>,
): ValueType => given.get(id) ?? attrs.types.get(id) ?? unknownType

const valueFor = (values: ReadonlyMap<ValueId, DraftValue>, id: ValueId, user: string): DraftValue => {
  const value = values.get(id)
  if (value === undefined) throw cannotExpress(user, `nothing makes "${id}", which it needs`)
  return value
}

/** How a graph is drafted. */
export interface DraftOptions
  extends Pick<EmitterOptions, 'opset' | 'document' | 'provenance' | 'writeBody'> {
  /** Types of the graph's inputs, where the graph does not say. */
  readonly inputTypes: ReadonlyMap<string, ValueType>
  /** Names in the graphs around it. */
  readonly enclosing: readonly ReadonlySet<string>[]
}

/**
 * The nodes of a model, in the order of its calls.
 *
 * @throws NnfuseError `CANNOT_EXPRESS`
 */
export const draftGraph = (graph: GraphModuleOf, options: DraftOptions): Draft => {
  const { opset, document, inputTypes, enclosing, provenance, writeBody } = options
  const { calls, inputs, outputs, evaluated } = graph.attrs
  const draft = emptyDraft(evaluated)
  const emitter = new Emitter({ draft, opset, document, provenance, writeBody, paths: graph.children.keys() })
  const names = reservedNames(document)
  const isReserved = (name: string): boolean => names.has(name) || enclosing.some((scope) => scope.has(name))
  const values = new Map<ValueId, DraftValue>()
  for (const id of inputs) values.set(id, namedValue(id, typeOfInput(graph, id, inputTypes), 'input'))
  for (const value of values.values()) draft.inputs.push(value)
  for (const call of calls) {
    const given = call.inputs.map((id) => valueFor(values, id, call.target))
    const results = emitter.run(call.target, graph.children.get(call.target) as AnyModule, given)
    for (const [i, id] of call.outputs.entries()) {
      const result = results[i]
      if (result === undefined)
        throw cannotExpress(call.target, `it gives ${results.length} outputs, and one more is used`)
      bind(result, id, isReserved)
      values.set(id, result)
    }
  }
  for (const id of outputs) draft.outputs.push(valueFor(values, id, 'the graph'))
  return draft
}

/** The one graph that is written: without containers. */
export const graphOf = (model: Model): GraphModuleOf => flatten(model.root)
