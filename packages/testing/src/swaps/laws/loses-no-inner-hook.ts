import {
  type AnyModule,
  findModule,
  flatten,
  type Hook,
  hook,
  Model,
  replaceModules,
  walk,
  withHooks,
} from '@nnfuse/ir'
import { copyOf } from '../../copy-of.js'
import type { SwapLaw, SwapTrial } from '../swap.js'

/** Paths of the layers inside of those that are swapped. */
const innerPaths = (root: AnyModule, { becomes }: SwapTrial): string[] =>
  [...walk(root)]
    .map(({ path }) => path)
    .filter((path) => Object.keys(becomes).some((own) => path.startsWith(`${own}.`)))

const withHook = (root: AnyModule, path: string, added: Hook): AnyModule => {
  const module = findModule(root, path)
  const { forwardPre, forward } = module.hooks
  const hooked = withHooks(module, { forwardPre, forward: [...forward, added] })
  return replaceModules(root, new Map([[path, hooked]]))
}

const holds = (root: AnyModule, wanted: Hook): boolean =>
  [...walk(root)].some(({ module }) => module.hooks.forward.includes(wanted))

/**
 * A layer inside of one that is swapped may run no more as itself. A hook on it stays somewhere, or the layer stays as
 * it is, or a note tells that it is lost.
 */
export const losesNoInnerHook: SwapLaw = {
  name: 'loses no inner hook',
  check: (trial) => {
    const graph = flatten(copyOf(trial.model))
    for (const path of innerPaths(graph, trial)) {
      const added = hook(() => undefined)
      const { root, notes } = trial.swap(new Model(withHook(graph, path, added)))
      const told = notes.some((note) => path.startsWith(note.path) || note.path.startsWith(path))
      if (told || holds(root, added)) continue
      return { problem: `a hook on "${path}" is lost, and no note says so` }
    }
    return undefined
  },
}
