import { type Hook, type Hooks, hook } from './hooks.js'
import type { Model } from './model.js'
import { withHooks } from './module.js'
import { findModule, mapModules, replaceModules } from './paths.js'

/** Takes a hook off again. */
export interface HookHandle {
  /** Removes the hook from its model, wherever fusing in place has moved it. Again: nothing. */
  remove(): void
}

/** Where among the hooks of a module another one goes. */
export interface RegisterOptions {
  /** Called before the hooks that are there already. */
  readonly prepend?: boolean
}

const removeHook = (model: Model, id: symbol): void => {
  const without = (hooks: readonly Hook[]): readonly Hook[] =>
    hooks.some((entry) => entry.id === id) ? hooks.filter((entry) => entry.id !== id) : hooks
  model.root = mapModules(model.root, (module) => {
    const [forwardPre, forward] = [without(module.hooks.forwardPre), without(module.hooks.forward)]
    const same = forwardPre === module.hooks.forwardPre && forward === module.hooks.forward
    return same ? module : withHooks(module, { forwardPre, forward })
  })
}

const register = (
  model: Model,
  path: string,
  added: Hook,
  list: keyof Hooks,
  prepend: boolean,
): HookHandle => {
  const module = path === '' ? model.root : findModule(model.root, path)
  const hooks = module.hooks[list]
  const changed = withHooks(module, {
    ...module.hooks,
    [list]: prepend ? [added, ...hooks] : [...hooks, added],
  })
  model.root = path === '' ? changed : replaceModules(model.root, new Map([[path, changed]]))
  return { remove: () => removeHook(model, added.id) }
}

/**
 * Calls a function before a module runs, with the module and its inputs; what it returns, unless undefined, replaces
 * the inputs. The model's root is replaced by one with the hook.
 *
 * @param path `layer1.0.conv1`, or '' for the model itself
 * @throws NnfuseError `NO_SUCH_PATH`
 */
export const registerForwardPreHook = (
  model: Model,
  path: string,
  fn: Hook['fn'],
  { prepend = false }: RegisterOptions = {},
): HookHandle => register(model, path, hook(fn), 'forwardPre', prepend)

/**
 * Calls a function after a module has run, with the module, its inputs and its output; what it returns, unless
 * undefined, replaces the output.
 *
 * @param options.alwaysCall also where the module throws
 * @throws NnfuseError `NO_SUCH_PATH`
 */
export const registerForwardHook = (
  model: Model,
  path: string,
  fn: Hook['fn'],
  { prepend = false, alwaysCall = false }: RegisterOptions & { readonly alwaysCall?: boolean } = {},
): HookHandle => register(model, path, hook(fn, { alwaysCall }), 'forward', prepend)
