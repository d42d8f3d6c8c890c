import {
  type AnyModule,
  type GraphModuleOf,
  type Hook,
  type Hooks,
  hook,
  replaceModules,
  withHooks,
} from '@nnfuse/ir'
import type { SwapLaw, SwapTrial } from '../swap.js'
import { pairsOf, swapped } from '../swapped.js'

/** Hooks of every sort, in an order that shows. */
const someHooks = (): Hooks => ({
  forwardPre: [hook(() => undefined), hook(() => undefined)],
  forward: [hook(() => undefined), hook(() => undefined, { alwaysCall: true })],
})

const hooked = (graph: GraphModuleOf, { becomes }: SwapTrial): AnyModule =>
  replaceModules(
    graph,
    new Map(
      Object.keys(becomes).flatMap((path): [string, AnyModule][] => {
        const module = graph.children.get(path)
        return module ? [[path, withHooks(module, someHooks())]] : []
      }),
    ),
  )

const same = (old: readonly Hook[], fresh: readonly Hook[]): boolean =>
  old.length === fresh.length && old.every((one, i) => one === fresh[i])

/** The hooks of a layer are those of the layer in its place: the same, all of them, in their order. */
export const keepsHooks: SwapLaw = {
  name: 'keeps hooks',
  check: (trial) => {
    for (const [path, old, fresh] of pairsOf(
      trial,
      swapped(trial, (graph) => hooked(graph, trial)),
    )) {
      for (const list of ['forwardPre', 'forward'] as const) {
        if (same(old.hooks[list], fresh.hooks[list])) continue
        const what = list === 'forward' ? 'after' : 'before'
        return { problem: `the hooks ${what} "${path}" are not those that it had` }
      }
    }
    return undefined
  },
}
