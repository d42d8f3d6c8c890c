import { byteLength, type Tensor } from '@nnfuse/ir'
import type { OnnxDocument } from './document.js'

/**
 * A Constant is a value already. Powers of floats may be a last digit better than a runtime's; all else is the same bits
 * everywhere.
 */
const stays = new Set(['Constant', 'Pow'])

/**
 * How much larger than what it is computed of the value of a constant may be, in bytes: enough for the bias of a layer
 * with some thousand channels, which exporters spell as one zero that is expanded.
 */
const allowance = 16 * 1024

/** How often each name is used by a node, by a graph inside one, or as an output. */
const usersIn = ({ nodes, outputs }: OnnxDocument): ReadonlyMap<string, number> => {
  const users = new Map<string, number>()
  const names = nodes.flatMap(({ node, captured }) => [...node.input, ...captured])
  for (const name of [...names, ...outputs.map(({ name }) => name)])
    users.set(name, (users.get(name) ?? 0) + 1)
  return users
}

/**
 * The constants that are better written as their values than as the nodes that compute them: those at most 16 KiB larger
 * than what only these nodes use, which goes with them. A weight that is stored in fewer bits, a large tensor of one
 * number and what is used in several ways stay computed; and so do integers that are made floats, however few.
 */
export const worthEvaluating = (document: OnnxDocument): ReadonlySet<string> => {
  const { tensors, islands } = document
  const users = usersIn(document)
  const worth = new Set<string>()
  /** Bytes that would be gone from the file. */
  const freed = new Map<string, number>()
  const freedWith = (input: string): number => {
    const tensor = tensors.get(input)
    if (tensor === undefined || users.get(input) !== 1) return 0
    return freed.get(input) ?? byteLength(tensor)
  }
  const outputs = new Set(document.outputs.map(({ name }) => name))
  for (const [name, { node }] of islands) {
    const tensor = tensors.get(name) as Tensor
    const [size, saved] = [byteLength(tensor), node.input.reduce((sum, input) => sum + freedWith(input), 0)]
    const isWorth =
      size <= allowance + saved &&
      tensor.quantized === undefined &&
      !stays.has(node.opType) &&
      users.has(name) &&
      !outputs.has(name)
    if (isWorth) worth.add(name)
    freed.set(name, isWorth || node.opType === 'Constant' ? size : saved)
  }
  return worth
}
