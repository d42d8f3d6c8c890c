import type { FunctionProto, NodeProto } from 'onnx-buf'
import { domainName } from './domains.js'
import type { FileIndex, OnnxFunction } from './index-file.js'
import { newestOpset } from './operator-versions.js'
import { isOperator, versionOf } from './standard-operators.js'
import { graphsOf, subgraphNames } from './subgraphs.js'

/** The nodes that come of putting a function in place of one call. */
export interface FunctionCost {
  readonly nodes: number
  readonly bytes: number
}

/** The functions of a file, and which of them can be put in place of their calls. */
export interface FunctionTable {
  /** The function that a node calls, or why it cannot be told; undefined for an operator. */
  functionOf(node: NodeProto): OnnxFunction | string | undefined
  /** What putting it in place of a call costs, or why that is not possible. */
  costOf(definition: OnnxFunction): FunctionCost | string
}

/** The nodes of a function and of the graphs inside them. */
export const allNodes = (nodes: readonly NodeProto[]): NodeProto[] => {
  const found = [...nodes]
  for (const node of found)
    for (const graph of graphsOf(node)) for (const inner of graph.node) found.push(inner)
  return found
}

const hasRepeats = (names: readonly string[]): boolean => new Set(names).size < names.length

/** Whether every value is made once, and before it is used. */
const isInOrder = ({ input, output, node }: FunctionProto): boolean => {
  const made = [...input, ...node.flatMap((entry) => entry.output.filter((name) => name !== ''))]
  if (hasRepeats(made)) return false
  const known = new Set(input)
  for (const entry of node) {
    const used = [...entry.input, ...subgraphNames(entry).captured]
    if (used.some((name) => name !== '' && !known.has(name))) return false
    for (const name of entry.output) known.add(name)
  }
  return output.every((name) => known.has(name))
}

const sinceVersion = (opType: string, opset: number): number | undefined =>
  opset > newestOpset ? undefined : versionOf(opType, opset)?.since

/** Whether an operator of ONNX is the same in two opsets. */
const isSameOperator = ({ opType }: NodeProto, one: number, other: number): boolean => {
  const since = sinceVersion(opType, one)
  return since !== undefined && since === sinceVersion(opType, other)
}

/** A function states the versions of operators that it is written for; in its place the file's hold. */
const versionConflict = (
  { node, opsetImport }: FunctionProto,
  opsets: ReadonlyMap<string, number>,
): string | undefined => {
  const own = new Map(opsetImport.map(({ domain, version }) => [domainName(domain), Number(version)]))
  for (const entry of allNodes(node)) {
    const domain = domainName(entry.domain)
    const [wanted, given] = [own.get(domain), opsets.get(domain)]
    const what = domain === '' ? 'ONNX' : `"${domain}"`
    if (wanted === undefined) return `its function does not say for which version of ${what} it is written`
    if (given === undefined) return `its function uses operators of ${what}, and the file does not`
    if (wanted !== given && (domain !== '' || !isSameOperator(entry, wanted, given)))
      return `its function uses ${entry.opType} of version ${wanted} of ${what}, the file has version ${given}`
  }
  return undefined
}

/** What such a name means ONNX leaves to those who run the file: ONNX Runtime takes its own operator. */
const isAmbiguous = ({ domain, opType }: NodeProto): boolean =>
  domainName(domain) === '' && isOperator(opType)

const findFunction = ({ functions }: FileIndex, node: NodeProto): OnnxFunction | string | undefined => {
  const sameName = functions.get(`${domainName(node.domain)}:${node.opType}`) ?? []
  const [definition, second] = sameName.filter(({ proto }) => proto.overload === node.overload)
  if (definition && isAmbiguous(node)) return 'its function has the name of one of the operators of ONNX'
  return second ? 'its function is defined twice' : definition
}

/** A function whose cost is being added up. */
interface Frame {
  readonly definition: OnnxFunction
  readonly calls: readonly OnnxFunction[]
  next: number
  nodes: number
  bytes: number
}

/** Costs of functions, callees first, on a stack of our own: calls may nest deeper than functions of ours. */
class Costs {
  readonly #known = new Map<OnnxFunction, FunctionCost | string>()
  readonly #open = new Set<OnnxFunction>()
  readonly #index: FileIndex
  readonly #opsets: ReadonlyMap<string, number>

  constructor(index: FileIndex, opsets: ReadonlyMap<string, number>) {
    this.#index = index
    this.#opsets = opsets
  }

  of(definition: OnnxFunction): FunctionCost | string {
    const stack = this.#known.has(definition) ? [] : [this.#enter(definition)]
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const callee = frame.calls[frame.next]
      if (callee === undefined) this.#leave(stack.pop() as Frame)
      else if (this.#known.has(callee) || this.#open.has(callee)) this.#add(frame, callee)
      else stack.push(this.#enter(callee))
    }
    return this.#known.get(definition) as FunctionCost | string
  }

  #enter(definition: OnnxFunction): Frame {
    const { proto, field } = definition
    const nodes = allNodes(proto.node)
    const calls = nodes.flatMap((node) => {
      const callee = findFunction(this.#index, node)
      return typeof callee === 'object' ? [callee] : []
    })
    this.#open.add(definition)
    return { definition, calls, next: 0, nodes: nodes.length, bytes: field.end - field.start }
  }

  /** A call that stays a call costs nothing more; one that leads back to an open function never ends. */
  #add(frame: Frame, callee: OnnxFunction): void {
    const cost = this.#known.get(callee)
    if (cost === undefined) this.#known.set(frame.definition, 'its function calls itself')
    if (typeof cost === 'object') {
      frame.nodes += cost.nodes
      frame.bytes += cost.bytes
    }
    frame.next += 1
  }

  #leave({ definition, nodes, bytes }: Frame): void {
    this.#open.delete(definition)
    if (this.#known.has(definition)) return
    const { proto } = definition
    const reason = isInOrder(proto)
      ? versionConflict(proto, this.#opsets)
      : 'its function uses values that nothing makes before'
    this.#known.set(definition, reason ?? { nodes, bytes })
  }
}

/** Everything about a file's functions that putting them in place of their calls asks. */
export const functionTable = (index: FileIndex, opsets: ReadonlyMap<string, number>): FunctionTable => {
  const costs = new Costs(index, opsets)
  return {
    functionOf: (node) => findFunction(index, node),
    costOf: (definition) => costs.of(definition),
  }
}
