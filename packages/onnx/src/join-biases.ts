import { Add, Linear, type LinearModule, type Tensor } from '@nnfuse/ir'
import { layerNodes, type OnnxDocument, type OnnxNode } from './document.js'
import type { Placed } from './place-node.js'
import { isVector } from './raise/parameters.js'
import { type Reading, valuesUsed } from './reading.js'

/*
 * Over more than two axes a linear layer stands in a file as MatMul and the Add of its bias. The two are one layer when
 * the file is read, and two nodes again when it is written.
 */

interface Product extends Placed {
  readonly module: LinearModule
}

/** What stands for a call of a function stays as it is, so that the call can be written again. */
const isProduct = (placed: Placed, own: ReadonlySet<OnnxNode>): placed is Product =>
  Linear.is(placed.module) && placed.node.node.opType === 'MatMul' && own.has(placed.node)

const resultOf = ({ node: { node }, outputs: [position = 0] }: Placed): string => node.output[position] ?? ''

const productsIn = ({ document }: Reading, placed: readonly Placed[]): Map<string, Product> => {
  const own = new Set(document.nodes)
  const products = placed.filter((one) => isProduct(one, own))
  return new Map(products.map((product) => [resultOf(product), product]))
}

/** Values that are used once. */
const usedOnce = (document: OnnxDocument): ReadonlySet<string> => {
  const once = new Set<string>()
  const seen = new Set<string>()
  const uses = [...layerNodes(document).flatMap(valuesUsed), ...document.outputs.map(({ name }) => name)]
  for (const name of uses) {
    if (seen.has(name)) once.delete(name)
    else once.add(name)
    seen.add(name)
  }
  return once
}

/** One number for each column. */
const isBias = (tensor: Tensor | undefined, { attrs: { weight } }: LinearModule): tensor is Tensor =>
  tensor !== undefined && tensor.dtype === weight.dtype && isVector(tensor, weight.shape[0])

/** The layer that a product and what is added to it are, if they are one. */
const joined = (product: Product, sum: Placed, { context }: Reading): Placed | undefined => {
  const slot = sum.inputs.indexOf(resultOf(product))
  const bias = context.constant(sum.inputs[1 - slot])
  if (!isBias(bias, product.module)) return undefined
  const { node, slots, outputs } = sum
  return {
    ...product,
    module: Linear({ weight: product.module.attrs.weight, bias }),
    sum: { node, slots: slots.slice(slot, slot + 1), outputs },
  }
}

/** The layers of a file; a MatMul and the Add of its bias are one of them. */
export const joinBiases = (reading: Reading, placed: readonly Placed[]): readonly Placed[] => {
  const products = productsIn(reading, placed)
  if (products.size === 0) return placed
  const once = usedOnce(reading.document)
  const changes = new Map<Placed, readonly Placed[]>()
  for (const sum of placed.filter(({ module }) => Add.is(module))) {
    const product = products.get(sum.inputs.find((name) => products.has(name) && once.has(name)) ?? '')
    const layer = product && joined(product, sum, reading)
    if (layer === undefined) continue
    changes.set(product as Product, [layer])
    changes.set(sum, [])
  }
  return placed.flatMap((one) => changes.get(one) ?? [one])
}
