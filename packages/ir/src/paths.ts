import { type NnfuseError, noSuchPath } from './errors.js'
import { type AnyModule, withChildren, withTraining } from './module.js'

/** A module below the root, with the dotted path that names it. */
export interface Located {
  readonly path: string
  readonly module: AnyModule
}

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`)

/** The root (path '') and every module below it, parents first, in the order they were declared. */
export function* walk(root: AnyModule): Generator<Located> {
  const stack: Located[] = [{ path: '', module: root }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next
    const { path, module } = next
    const below = [...module.children].map(([name, child]) => ({ path: join(path, name), module: child }))
    for (let i = below.length - 1; i >= 0; i -= 1) stack.push(below[i] as Located)
  }
}

/** The names on the way to a path. Names of a flattened model hold dots themselves, so the longest name wins. */
const resolve = (root: AnyModule, path: string): readonly string[] => {
  const tokens = path.split('.')
  const names: string[] = []
  let module = root
  for (let at = 0; at < tokens.length; ) {
    const name = longestName(module, tokens, at)
    if (name === undefined) throw missing(path, names, module, tokens.slice(at))
    names.push(name)
    module = module.children.get(name) as AnyModule
    at += name.split('.').length
  }
  return names
}

const longestName = (module: AnyModule, tokens: readonly string[], at: number): string | undefined => {
  for (let end = tokens.length; end > at; end -= 1) {
    const name = tokens.slice(at, end).join('.')
    if (module.children.has(name)) return name
  }
  return undefined
}

/** Says how much of the path exists, and what there is below it. */
const missing = (
  path: string,
  names: readonly string[],
  module: AnyModule,
  wanted: readonly string[],
): NnfuseError => {
  const split = [...module.children.keys()].map((name) => name.split('.'))
  let depth = 0
  while (depth < wanted.length && split.some((name) => startsWith(name, wanted.slice(0, depth + 1))))
    depth += 1
  const prefix = wanted.slice(0, depth)
  const below = split.filter((name) => startsWith(name, prefix)).map((name) => name[depth] as string)
  return noSuchPath(path, [...names, ...prefix].join('.'), new Set(below))
}

const startsWith = (name: readonly string[], prefix: readonly string[]): boolean =>
  prefix.length < name.length && prefix.every((token, i) => token === name[i])

/**
 * The module at a dotted path, `layer1.0.conv1`.
 *
 * @throws NnfuseError `NO_SUCH_PATH`; its hint names what exists up to where the path leaves the model.
 */
export const findModule = (root: AnyModule, path: string): AnyModule => {
  let module = root
  for (const name of resolve(root, path)) module = module.children.get(name) as AnyModule
  return module
}

/** The model with other modules at the given paths; all else is shared with the old one. */
export const replaceModules = (root: AnyModule, replacements: ReadonlyMap<string, AnyModule>): AnyModule => {
  const edits = new Map<string, { names: readonly string[]; module: AnyModule }>()
  for (const [path, module] of replacements) {
    const names = resolve(root, path)
    edits.set(names.join('\0'), { names, module })
  }
  let result = root
  const byDepth = [...edits.values()].sort((a, b) => b.names.length - a.names.length)
  for (const children of groupByParent(byDepth)) result = replaceChildren(result, children)
  return result
}

interface Edits {
  readonly parent: readonly string[]
  readonly children: ReadonlyMap<string, AnyModule>
}

const groupByParent = (
  edits: readonly { names: readonly string[]; module: AnyModule }[],
): Iterable<Edits> => {
  const groups = new Map<string, { parent: readonly string[]; children: Map<string, AnyModule> }>()
  for (const { names, module } of edits) {
    const parent = names.slice(0, -1)
    const key = parent.join('\0')
    const group = groups.get(key) ?? { parent, children: new Map() }
    group.children.set(names.at(-1) as string, module)
    groups.set(key, group)
  }
  return groups.values()
}

const replaceChildren = (root: AnyModule, { parent, children }: Edits): AnyModule => {
  const spine = [root]
  for (const name of parent) spine.push((spine.at(-1) as AnyModule).children.get(name) as AnyModule)
  let module = patched(spine.pop() as AnyModule, children)
  for (let depth = parent.length - 1; depth >= 0; depth -= 1) {
    module = patched(spine.pop() as AnyModule, new Map([[parent[depth] as string, module]]))
  }
  return module
}

/** Same order of children; only the named ones are others. */
const patched = (module: AnyModule, edits: ReadonlyMap<string, AnyModule>): AnyModule =>
  withChildren(module, new Map([...module.children].map(([name, child]) => [name, edits.get(name) ?? child])))

/** The model with every module in training mode, or in inference mode. */
export const train = (root: AnyModule, mode = true): AnyModule =>
  mapModules(root, (module) => withTraining(module, mode))

/** The model in inference mode: batch-norm uses its running statistics, dropout does nothing. */
export const inference = (root: AnyModule): AnyModule => train(root, false)

/** The model with a function applied to every module, children first. */
export const mapModules = (root: AnyModule, change: (module: AnyModule) => AnyModule): AnyModule => {
  const changed = new Map<AnyModule, AnyModule>()
  const stack = [root]
  for (let module = stack.at(-1); module !== undefined; module = stack.at(-1)) {
    const waiting = [...module.children.values()].filter((child) => !changed.has(child))
    if (waiting.length > 0 && !changed.has(module)) {
      for (const child of waiting) stack.push(child)
      continue
    }
    stack.pop()
    if (!changed.has(module)) changed.set(module, change(withMapped(module, changed)))
  }
  return changed.get(root) as AnyModule
}

const withMapped = (module: AnyModule, changed: ReadonlyMap<AnyModule, AnyModule>): AnyModule => {
  const children = [...module.children].map(([name, child]) => [name, changed.get(child) ?? child] as const)
  const same = children.every(([name, child]) => module.children.get(name) === child)
  return same ? module : withChildren(module, new Map(children))
}
