import {
  type AnyModule,
  decodeFloats,
  deferredTensor,
  encode,
  findModule,
  graphModule,
  type Hook,
  Model,
  registerForwardHook,
  registerForwardPreHook,
  replaceModules,
  Sequential,
  type Symbolic,
  type Tensor,
  walk,
  withAttrs,
  withTraining,
} from '@nnfuse/ir'
import { buildLayer } from './build-layer.js'
import type { GoldenCase, HookSpec, LayerSpec, Layers } from './golden-case.js'

const isSpec = (entry: LayerSpec | Layers): entry is LayerSpec => Array.isArray(entry)

/** `made` holds the layers so far by path: their number seeds the next, and `same` finds them there. */
const buildLayers = (layers: Layers, made: Map<string, AnyModule>, prefix = ''): Record<string, AnyModule> =>
  Object.fromEntries(
    Object.entries(layers).map(([name, entry]) => {
      const path = `${prefix}${name}`
      if (!isSpec(entry))
        return [name, Sequential(new Map(Object.entries(buildLayers(entry, made, `${path}.`))))]
      const layer =
        entry[0] === 'same' ? (made.get(String(entry[1])) as AnyModule) : buildLayer(entry, made.size)
      made.set(path, layer)
      return [name, layer]
    }),
  )

const inModes = (root: AnyModule, training: readonly string[]): AnyModule => {
  const switched = [...walk(root)]
    .filter(({ path }) => path !== '' && training.includes(path))
    .map(({ path, module }) => [path, withTraining(module, true)] as const)
  return withTraining(replaceModules(root, new Map(switched)), training.includes(''))
}

const doubled = (tensor: Tensor): Tensor =>
  deferredTensor(tensor.dtype, tensor.shape, [tensor], (bytes) =>
    encode(
      decodeFloats(bytes, tensor.dtype).map((x) => x * 2),
      tensor.dtype,
    ),
  )

/** What a parametrization is here: a weight that is computed from another tensor. */
const withDoubledWeight = (root: AnyModule, path: string): AnyModule => {
  const layer = findModule(root, path) as AnyModule & { attrs: { weight: Tensor } }
  return replaceModules(root, new Map([[path, withAttrs(layer, { weight: doubled(layer.attrs.weight) })]]))
}

const inOrder =
  (calls: readonly string[]) =>
  (modules: Readonly<Record<string, (x: Symbolic) => Symbolic>>, x: Symbolic): Symbolic =>
    calls.reduce((value, name) => (modules[name] as (x: Symbolic) => Symbolic)(value), x)

/** The model of a case, without its hooks. */
export const buildModel = ({ layers, calls, training, parametrize = [] }: GoldenCase): Model => {
  const children = buildLayers(layers, new Map())
  const root = calls ? graphModule(children, inOrder(calls)) : Sequential(new Map(Object.entries(children)))
  return new Model(parametrize.reduce(withDoubledWeight, inModes(root, training)))
}

/** The name of each hook function, for telling them apart after fusing. */
export type HookNames = ReadonlyMap<Hook['fn'], string>

/** Registers hooks that note their names in `fired` when they run. */
export const attachHooks = (model: Model, hooks: readonly HookSpec[], fired: string[]): HookNames => {
  const names = new Map<Hook['fn'], string>()
  for (const [path, when, name, { prepend = false, always_call: alwaysCall = false } = {}] of hooks) {
    const fn = (): void => void fired.push(name)
    names.set(fn, name)
    if (when === 'pre') registerForwardPreHook(model, path, fn, { prepend })
    else registerForwardHook(model, path, fn, { prepend, alwaysCall })
  }
  return names
}
