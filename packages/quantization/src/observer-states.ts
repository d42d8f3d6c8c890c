import { type AnyModule, replaceModules, walk, withAttrs } from '@nnfuse/ir'
import { observersDiffer } from './errors.js'
import { FakeQuantize, type FakeQuantizeModule, withState } from './fake-quantize.js'

/** What one observer of a model has seen, as JSON data. */
export interface ObserverState {
  readonly path: string
  readonly observer: string
  /** Size of the axis that has a scale for each index. */
  readonly channels?: number
  readonly state: unknown
}

const stateOf = (path: string, { attrs }: FakeQuantizeModule): ObserverState => {
  const [channels] = attrs.scale.shape
  return {
    path,
    observer: attrs.observer.name,
    ...(channels !== undefined && { channels }),
    state: attrs.state,
  }
}

function* located(root: AnyModule): Generator<[path: string, module: FakeQuantizeModule]> {
  for (const { path, module } of walk(root)) if (FakeQuantize.is(module)) yield [path, module]
}

/** What the observers of a model have seen: JSON data, to be kept or sent. */
export const observerStates = (root: AnyModule): ObserverState[] =>
  [...located(root)].map(([path, module]) => stateOf(path, module))

const merged = (path: string, module: FakeQuantizeModule, others: readonly ObserverState[]): AnyModule => {
  const names = new Set([module.attrs.observer.name, ...others.map(({ observer }) => observer)])
  if (names.size > 1) throw observersDiffer(path, names)
  const { observer } = module.attrs
  const state = others.reduce((all, one) => observer.merge(all, one.state), module.attrs.state)
  const channels = [stateOf(path, module), ...others].find((one) => one.channels !== undefined)?.channels
  return withAttrs(module, withState(module.attrs, state, channels))
}

/**
 * The model as if its observers had seen, besides what they saw themselves, what those of some others saw: the same
 * calibration, whichever machine saw which part of the data. The order makes no difference.
 *
 * @param states of models that were prepared alike, as {@link observerStates} gives them
 * @throws NnfuseError `CANNOT_MERGE` where the order would make one, and where observers are not the same
 */
export const mergeObserverStates = (
  root: AnyModule,
  ...states: readonly (readonly ObserverState[])[]
): AnyModule => {
  const byPath = new Map<string, ObserverState[]>()
  for (const one of states.flat()) byPath.set(one.path, [...(byPath.get(one.path) ?? []), one])
  const changed = [...located(root)].map(([path, module]): [string, AnyModule] => [
    path,
    merged(path, module, byPath.get(path) ?? []),
  ])
  const [first] = changed
  if (first?.[0] === '') return first[1]
  return replaceModules(root, new Map(changed))
}
