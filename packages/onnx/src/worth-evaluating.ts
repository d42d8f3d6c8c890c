import { byteLength, type Graph, type Tensor } from '@nnfuse/ir'
import type { OnnxDocument } from './document.js'

/**
 * How much larger than what it is computed of the value of a constant may be, in bytes, for each node that goes: enough
 * for the bias of a layer with some thousand channels, which exporters spell as one zero that is expanded.
 */
const allowance = 16 * 1024

/** How far what goes with a constant is followed: a file could make each of its constants one of all before. */
const mostFollowed = 1000

/** How often each name is used by a node, by a graph inside one, or as an output. */
const usersIn = ({ nodes, outputs }: OnnxDocument): ReadonlyMap<string, number> => {
  const users = new Map<string, number>()
  const names = nodes.flatMap(({ node, captured }) => [...node.input, ...captured])
  for (const name of [...names, ...outputs.map(({ name }) => name)])
    users.set(name, (users.get(name) ?? 0) + 1)
  return users
}

interface Computed {
  readonly document: OnnxDocument
  readonly users: ReadonlyMap<string, number>
}

/** What a file does not hold any more where a constant is written as its value. */
interface Gone {
  readonly nodes: number
  readonly bytes: number
}

/** A Constant is a value already. */
const isComputed = ({ islands }: OnnxDocument, name: string): boolean =>
  (islands.get(name)?.node.opType ?? 'Constant') !== 'Constant'

/** A constant, and those of which all users go: with these they go, too. */
const goneWith = ({ document, users }: Computed, name: string): Gone => {
  const { islands, initializers, tensors } = document
  const left = new Map<string, number>()
  const gone = [name]
  for (const one of gone) {
    for (const input of isComputed(document, one) ? (islands.get(one)?.node.input ?? []) : []) {
      const others = (left.get(input) ?? users.get(input) ?? 0) - 1
      left.set(input, others)
      if (others === 0 && tensors.has(input) && gone.length < mostFollowed) gone.push(input)
    }
  }
  const held = gone.filter((one) => islands.has(one) || initializers.has(one))
  const values = held.filter((one) => !isComputed(document, one))
  const bytes = values.reduce((sum, one) => sum + byteLength(tensors.get(one) as Tensor), 0)
  return { nodes: held.length - values.length, bytes }
}

const isWorth = (computed: Computed, name: string, evaluated: Graph['evaluated']): boolean => {
  const tensor = computed.document.tensors.get(name) as Tensor
  if (tensor.quantized !== undefined || (tensor.approximate && evaluated !== 'real')) return false
  const { nodes, bytes } = goneWith(computed, name)
  return byteLength(tensor) <= bytes + nodes * allowance
}

const usedByLayers = ({ nodes, islands }: OnnxDocument): string[] => {
  const inIslands = new Set([...islands.values()].map(({ node }) => node))
  return nodes.flatMap(({ node, captured }) => (inIslands.has(node) ? [] : [...node.input, ...captured]))
}

/**
 * The constants that are better written as their values than as the nodes that compute them: those that are at most
 * 16 KiB larger, for each node that goes, than what only these nodes use, which goes with them. A weight that is stored
 * in fewer bits, a large tensor of one number and what is used in several ways stay computed.
 *
 * @param evaluated `bits` leaves those of which a runtime may compute other bits
 */
export const worthEvaluating = (
  document: OnnxDocument,
  evaluated: Graph['evaluated'],
): ReadonlySet<string> => {
  const { islands } = document
  const computed: Computed = { document, users: usersIn(document) }
  const outputs = new Set(document.outputs.map(({ name }) => name))
  const worth = new Set<string>()
  const needed = new Set([...usedByLayers(document), ...outputs])
  for (const name of needed) {
    if (!isComputed(document, name)) continue
    if (!outputs.has(name) && isWorth(computed, name, evaluated)) worth.add(name)
    else for (const input of islands.get(name)?.node.input ?? []) needed.add(input)
  }
  return worth
}
