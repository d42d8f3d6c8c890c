import type { InspectedLayer } from '../inspect-file.js'

/** A line of the tree: a layer, or a name that only holds others. */
export interface TreeLine {
  readonly depth: number
  readonly name: string
  readonly layer?: InspectedLayer
  /** Elements of the tensors here and below. */
  readonly parameters: number
}

interface Branch {
  readonly name: string
  readonly depth: number
  readonly branches: Map<string, Branch>
  layer?: InspectedLayer
  parameters: number
}

const branch = (name: string, depth: number): Branch => ({ name, depth, branches: new Map(), parameters: 0 })

const below = (parent: Branch, name: string): Branch => {
  const known = parent.branches.get(name)
  if (known !== undefined) return known
  const made = branch(name, parent.depth + 1)
  parent.branches.set(name, made)
  return made
}

const plant = (root: Branch, layer: InspectedLayer): void => {
  let at = root
  for (const name of layer.path.split('.')) {
    at = below(at, name)
    at.parameters += layer.parameters
  }
  at.layer = layer
}

/** A name that holds one other and is no layer shares its line: `features.0` */
const joinOnly = (start: Branch): Branch => {
  let at = start
  for (
    let [only] = at.branches.values();
    at.layer === undefined && at.branches.size === 1 && only !== undefined;
    [only] = at.branches.values()
  ) {
    at = { ...only, name: `${at.name}.${only.name}` }
  }
  return at
}

/** Layers with dotted paths as a tree, in the order in which each name first appears. */
export const layerTree = (layers: readonly InspectedLayer[]): TreeLine[] => {
  const root = branch('', -1)
  for (const layer of layers) plant(root, layer)
  const lines: TreeLine[] = []
  const stack = [...root.branches.values()].reverse().map((at) => ({ at, depth: 0 }))
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { name, layer, parameters, branches } = joinOnly(next.at)
    const { depth } = next
    lines.push({ depth, name, parameters, ...(layer && { layer }) })
    stack.push(...[...branches.values()].reverse().map((at) => ({ at, depth: depth + 1 })))
  }
  return lines
}
