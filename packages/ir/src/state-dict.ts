import { badStateDict, stateShapeMismatch } from './errors.js'
import { type AnyModule, withAttrs, withChildren } from './module.js'
import { walk } from './paths.js'
import { formatTensor, type Tensor } from './tensor.js'

/** A tensor of a model under PyTorch's name for it. */
export interface StateEntry {
  /** `layer1.0.conv1.weight` */
  readonly key: string
  readonly path: string
  /** Name of the attribute that holds it: `runningMean`. */
  readonly attribute: string
  readonly role: 'parameter' | 'buffer'
  readonly tensor: Tensor
}

function* entriesOf(path: string, module: AnyModule): Generator<StateEntry> {
  const attrs = module.attrs as Readonly<Record<string, Tensor | null | undefined>>
  const { parameters, buffers } = module.definition
  for (const [role, names] of [
    ['parameter', parameters],
    ['buffer', buffers],
  ] as const) {
    for (const [attribute, name] of names) {
      const tensor = attrs[attribute]
      if (tensor) yield { key: path === '' ? name : `${path}.${name}`, path, attribute, role, tensor }
    }
  }
}

/** Every tensor of a model, in PyTorch's order. */
export function* stateEntries(model: AnyModule): Generator<StateEntry> {
  for (const { path, module } of walk(model)) yield* entriesOf(path, module)
}

/** The model's tensors under PyTorch's state-dict keys. Nothing is read or copied. */
export const stateDict = (model: AnyModule): Map<string, Tensor> => {
  const entries = [...stateEntries(model)].filter(({ attribute }) => attribute !== 'value')
  return new Map(entries.map(({ key, tensor }) => [key, tensor]))
}

const checkShape = (key: string, expected: Tensor, actual: Tensor): void => {
  const same =
    expected.shape.length === actual.shape.length && expected.shape.every((dim, i) => dim === actual.shape[i])
  if (!same) throw stateShapeMismatch(key, formatTensor(expected), formatTensor(actual))
}

/**
 * The model with the tensors of a state dict.
 *
 * @param options.strict every key must be there, and no other (default true).
 * @throws NnfuseError `BAD_STATE_DICT` with the missing and the unexpected keys, or for a shape that does not fit.
 */
export const loadStateDict = (
  model: AnyModule,
  state: ReadonlyMap<string, Tensor>,
  { strict = true }: { strict?: boolean } = {},
): AnyModule => {
  const wanted = stateDict(model)
  if (strict) checkKeys(wanted, state)
  const loaded = new Map<string, AnyModule>()
  for (const { path, module } of [...walk(model)].reverse()) {
    loaded.set(path, withLoaded(path, withLoadedChildren(path, module, loaded), state))
  }
  return loaded.get('') as AnyModule
}

/** Children come before the modules they are in, which may have tensors of their own, too. */
const withLoadedChildren = (
  path: string,
  module: AnyModule,
  loaded: ReadonlyMap<string, AnyModule>,
): AnyModule => {
  const children = [...module.children].map(([name, child]): [string, AnyModule] => [
    name,
    loaded.get(path === '' ? name : `${path}.${name}`) ?? child,
  ])
  const same = children.every(([name, child]) => module.children.get(name) === child)
  return same ? module : withChildren(module, new Map(children))
}

const withLoaded = (path: string, module: AnyModule, state: ReadonlyMap<string, Tensor>): AnyModule => {
  const attrs: Record<string, Tensor> = {}
  for (const { key, attribute, tensor } of entriesOf(path, module)) {
    const loaded = state.get(key)
    if (loaded === undefined) continue
    checkShape(key, tensor, loaded)
    attrs[attribute] = loaded
  }
  return Object.keys(attrs).length > 0 ? withAttrs(module, attrs) : module
}

const checkKeys = (wanted: ReadonlyMap<string, Tensor>, state: ReadonlyMap<string, Tensor>): void => {
  const missing = [...wanted.keys()].filter((key) => !state.has(key))
  const unexpected = [...state.keys()].filter((key) => !wanted.has(key))
  if (missing.length > 0 || unexpected.length > 0) throw badStateDict(missing, unexpected)
}
