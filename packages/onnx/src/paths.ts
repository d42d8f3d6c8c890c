import { uniqueNames } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'

/*
 * Where a layer stood in the program that was exported, from what exporters leave behind, so that PyTorch's
 * names work on the file:
 *
 *   the name of its weight        layer1.0.conv1.weight
 *   torch.onnx's scope metadata   ['', 'layer1', 'layer1.0', 'layer1.0.relu', 'relu_1']
 *   TorchScript's node names      /layer1/layer1.0/relu/Relu
 *
 * A scope in which nothing but this layer happens is the layer's path; else the operator's name is added.
 */

/** What a path is made from. */
export interface PathSource {
  readonly node: NodeProto
  /** Value name of the weight; undefined for layers without. */
  readonly weight: string | undefined
}

interface Place {
  /** Dotted path of the module that the node belongs to; '' is the model itself. */
  readonly scope: string
  /** The node's own name within it. */
  readonly leaf: string
  /** Nodes of one call of a module share it. */
  readonly call: string
}

const tokens = (path: string): string[] => path.split('.').filter((token) => token.trim() !== '')

const join = (scope: string, leaf: string): string => (scope === '' ? leaf : `${scope}.${leaf}`)

/** `layer1.0.conv1` of `layer1.0.conv1.weight`; exporters' own names, `onnx::Conv_193`, say nothing. */
const fromWeight = (weight: string | undefined): string | undefined => {
  if (!weight?.endsWith('.weight') || weight.includes('::')) return undefined
  const path = tokens(weight.slice(0, -'.weight'.length)).join('.')
  return path === '' ? undefined : path
}

/** The strings of a Python list. */
const pythonStrings = (text: string): string[] =>
  [...text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)].map(
    ([, single, double]) => single ?? double ?? '',
  )

const scopesKey = 'pkg.torch.onnx.name_scopes'
/** What torch.onnx writes for operations that belong to no module. */
const noModule = '_empty_nn_module_stack_from_metadata_hook'

const fromMetadata = ({ metadataProps, opType }: NodeProto): Place | undefined => {
  const text = metadataProps.find(({ key }) => key === scopesKey)?.value
  if (text === undefined) return undefined
  const scopes = pythonStrings(text)
  const scope = scopes.at(-2) ?? ''
  return { scope: scope === noModule ? '' : tokens(scope).join('.'), leaf: opType, call: scopes.at(-1) ?? '' }
}

/** `features.1` after `features` adds only `1`. */
const withoutPrefix = (segment: string, previous: string | undefined): string =>
  previous !== undefined && segment.startsWith(`${previous}.`) ? segment.slice(previous.length + 1) : segment

const fromSlashes = ({ name, opType }: NodeProto): Place | undefined => {
  if (!name.startsWith('/')) return undefined
  const segments = name.split('/').filter((segment) => segment.trim() !== '')
  const scope = segments.slice(0, -1).map((segment, i) => withoutPrefix(segment, segments[i - 1]))
  return { scope: tokens(scope.join('.')).join('.'), leaf: segments.at(-1) ?? opType, call: name }
}

const fromName = ({ name, opType }: NodeProto, position: number): Place => {
  const path = tokens(name.replaceAll('/', '.').replace(/\s+/g, '_'))
  return { scope: '', leaf: path.join('.') || `${opType || 'Node'}_${position}`, call: name }
}

const placeOf = (node: NodeProto, position: number): Place =>
  fromMetadata(node) ?? fromSlashes(node) ?? fromName(node, position)

interface ScopeUse {
  readonly leaves: Set<string>
  readonly calls: Set<string>
  nodes: number
  hasScopes: boolean
}

const useOf = (uses: Map<string, ScopeUse>, scope: string): ScopeUse => {
  const known = uses.get(scope)
  if (known) return known
  const use: ScopeUse = { leaves: new Set(), calls: new Set(), nodes: 0, hasScopes: false }
  uses.set(scope, use)
  return use
}

const countUses = (places: readonly Place[]): ReadonlyMap<string, ScopeUse> => {
  const uses = new Map<string, ScopeUse>()
  for (const { scope, leaf, call } of places) {
    const use = useOf(uses, scope)
    use.leaves.add(leaf)
    use.calls.add(call)
    use.nodes += 1
  }
  for (const scope of [...uses.keys()]) markOuter(uses, scope)
  return uses
}

/** Every scope around a scope has scopes; marking stops where an outer one is marked already. */
const markOuter = (uses: Map<string, ScopeUse>, scope: string): void => {
  for (let dot = scope.lastIndexOf('.'); dot > 0; dot = scope.lastIndexOf('.', dot - 1)) {
    const outer = useOf(uses, scope.slice(0, dot))
    if (outer.hasScopes) return
    outer.hasScopes = true
  }
}

/** One operator, once in each call of the module: the module is that operator. */
const isLayer = ({ leaves, calls, nodes, hasScopes }: ScopeUse): boolean =>
  !hasScopes && leaves.size === 1 && calls.size === nodes

const pathIn = ({ scope, leaf }: Place, uses: ReadonlyMap<string, ScopeUse>): string => {
  const use = uses.get(scope)
  return scope !== '' && use !== undefined && isLayer(use) ? scope : join(scope, leaf)
}

/** A path below another layer's path would make that layer look like a container: `fc.Reshape` becomes `fc_Reshape`. */
const besideLayers = (path: string, layers: ReadonlySet<string>): string => {
  let result = path
  for (let dot = result.indexOf('.'); dot > 0; dot = result.indexOf('.', dot + 1)) {
    if (layers.has(result.slice(0, dot))) result = `${result.slice(0, dot)}_${result.slice(dot + 1)}`
  }
  return result
}

/** A weight that several nodes share names only one of them. */
const isShared = (sources: readonly PathSource[]): ((weight: string | undefined) => boolean) => {
  const once = new Set<string>()
  const shared = new Set<string>()
  for (const { weight } of sources) {
    if (weight === undefined) continue
    if (once.has(weight)) shared.add(weight)
    once.add(weight)
  }
  return (weight) => weight !== undefined && shared.has(weight)
}

const wantedPaths = (sources: readonly PathSource[]): string[] => {
  const places = sources.map(({ node }, i) => placeOf(node, i))
  const uses = countUses(places)
  const shared = isShared(sources)
  return sources.map(({ weight }, i) => {
    const place = places[i] as Place
    const named = shared(weight) && place.scope !== '' ? undefined : fromWeight(weight)
    return named ?? pathIn(place, uses)
  })
}

/**
 * A path for each layer, all different.
 *
 * @param sources the nodes that become layers, in the order of the file
 */
export const assignPaths = (sources: readonly PathSource[]): string[] => {
  const wanted = wantedPaths(sources)
  const layers = new Set(wanted)
  const unique = uniqueNames()
  return wanted.map((path) => unique(besideLayers(path, layers)))
}

/** The path of a constant that layers compute with, from its value's name. */
export const constantPath = (value: string, layers: ReadonlySet<string>): string =>
  besideLayers(
    tokens(value.replace(/^\//, '').replaceAll('/', '.').replace(/\s+/g, '_')).join('.') || 'constant',
    layers,
  )
