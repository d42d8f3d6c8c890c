import type { AnyModule } from './module.js'

/** A function that watches or changes what goes into or comes out of a module while a model runs. */
export interface Hook {
  /** Names the hook for its handle: removing by id works wherever fusing has moved it. */
  readonly id: symbol
  // biome-ignore lint/suspicious/noExplicitAny: values belong to the interpreter that runs the model.
  readonly fn: (module: AnyModule, inputs: readonly any[], output?: any) => unknown
  /** Forward hooks only: called even when the forward throws. PyTorch's `always_call`. */
  readonly alwaysCall: boolean
}

/** Hooks of one module, each list in call order. */
export interface Hooks {
  readonly forwardPre: readonly Hook[]
  readonly forward: readonly Hook[]
}

/** The hooks of a module that has none. */
export const noHooks: Hooks = Object.freeze({ forwardPre: [], forward: [] })

/** Whether there are any, before or after. */
export const hasHooks = (hooks: Hooks): boolean => hooks.forwardPre.length > 0 || hooks.forward.length > 0

/** A hook with an id of its own. */
export const hook = (fn: Hook['fn'], { alwaysCall = false }: { alwaysCall?: boolean } = {}): Hook => ({
  id: Symbol('hook'),
  fn,
  alwaysCall,
})
