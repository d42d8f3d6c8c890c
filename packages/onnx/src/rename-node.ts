import { clone } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  type TypeProto,
} from 'onnx-buf'
import { withoutSymbols } from './value-types.js'

/** What the body of a function says of itself, put in terms of one call of it. */
export interface CallTerms {
  /** What a value of the function is called at the call; '' where the call does not give it. */
  rename(name: string): string
  /** A new name for a value that a graph inside one of the function's nodes defines. */
  fresh(name: string): string
  /** What the call says of an attribute of the function, or the function's default. */
  attribute(name: string): AttributeProto | undefined
}

/** An attribute that refers to one of the function's is that one under its own name; where there is none it is left out. */
const boundAttribute = (attribute: AttributeProto, terms: CallTerms): AttributeProto[] => {
  if (attribute.refAttrName === '') {
    if (attribute.g) attribute.g = boundGraph(attribute.g, terms)
    attribute.graphs = attribute.graphs.map((graph) => boundGraph(graph, terms))
    return [attribute]
  }
  const given = terms.attribute(attribute.refAttrName)
  if (given === undefined) return []
  const bound = clone(AttributeProtoSchema, given)
  bound.name = attribute.name
  return [bound]
}

const definedBy = ({ input, initializer, sparseInitializer, node }: GraphProto): string[] => [
  ...input.map(({ name }) => name),
  ...initializer.map(({ name }) => name),
  ...sparseInitializer.map(({ values }) => values?.name ?? ''),
  ...node.flatMap(({ output }) => output),
]

/** A graph inside a node: what it defines gets new names, since no name of a graph around it may be used again. */
const boundGraph = (graph: GraphProto, outer: CallTerms): GraphProto => {
  const names = new Map<string, string>()
  for (const name of definedBy(graph)) if (name !== '' && !names.has(name)) names.set(name, outer.fresh(name))
  const terms = { ...outer, rename: (name: string) => names.get(name) ?? outer.rename(name) }
  for (const entry of [...graph.input, ...graph.output, ...graph.valueInfo, ...graph.initializer])
    entry.name = terms.rename(entry.name)
  for (const info of [...graph.input, ...graph.output, ...graph.valueInfo])
    info.type = withoutSymbols(info.type) as TypeProto
  for (const { values } of graph.sparseInitializer) if (values) values.name = terms.rename(values.name)
  for (const annotation of graph.quantizationAnnotation) {
    annotation.tensorName = terms.rename(annotation.tensorName)
    for (const entry of annotation.quantParameterTensorNames) entry.value = terms.rename(entry.value)
  }
  for (const node of graph.node) bindNode(node, terms)
  return graph
}

const bindNode = (node: NodeProto, terms: CallTerms): void => {
  node.input = node.input.map((name) => (name === '' ? '' : terms.rename(name)))
  node.output = node.output.map((name) => (name === '' ? '' : terms.rename(name)))
  node.attribute = node.attribute.flatMap((attribute) => boundAttribute(attribute, terms))
}

/** A node of a function as it is at one call. Functions nest no deeper than the reader of messages allows. */
export const boundNode = (node: NodeProto, name: string, terms: CallTerms): NodeProto => {
  const bound = clone(NodeProtoSchema, node)
  bindNode(bound, terms)
  bound.name = name
  return bound
}

/** Names for the values of one call: those of its inputs and outputs, and new ones for all others. */
export const callNames = (
  bound: ReadonlyMap<string, string>,
  fresh: (name: string) => string,
): ((name: string) => string) => {
  const names = new Map(bound)
  return (name) => {
    const known = names.get(name)
    if (known !== undefined) return known
    const made = fresh(name)
    names.set(name, made)
    return made
  }
}
