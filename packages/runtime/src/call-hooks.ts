import type { AnyModule, Hook, Tensor } from '@nnfuse/ir'
import { badHookResult } from './errors.js'
import { isRunInput, type RunInput, toTensor } from './run-input.js'

/*
 * The order and the rules are those of torch.nn.Module._call_impl.
 */

/** What a forward pre-hook or a forward hook may return: nothing, one value, or all values. */
export type HookResult = RunInput | readonly RunInput[] | null | undefined

/** Runs before a module's forward; what it returns, at once or as a promise, takes the place of the inputs. */
export type ForwardPreHook = (
  module: AnyModule,
  inputs: readonly Tensor[],
) => HookResult | Promise<HookResult>

/**
 * Runs after a module's forward; what it returns takes the place of the output. A module with several outputs
 * gives them as an array. `output` is undefined where an `alwaysCall` hook runs because the forward threw.
 */
export type ForwardHook = (
  module: AnyModule,
  inputs: readonly Tensor[],
  // biome-ignore lint/suspicious/noExplicitAny: one tensor or several; the hook knows its module.
  output: any,
) => HookResult | Promise<HookResult>

/** The tensors that a hook wants to put in place of those it got; undefined where it wants nothing changed. */
const replacement = (result: unknown, path: string): readonly Tensor[] | undefined => {
  if (result === undefined || result === null) return undefined
  const values: readonly unknown[] = Array.isArray(result) ? result : [result]
  if (!values.every(isRunInput)) throw badHookResult(path, 'returned something that is no tensor')
  return values.map(toTensor)
}

/** Calls the forward pre-hooks in order; gives the inputs they leave, and whether those are others. */
export const callPreHooks = async (
  hooks: readonly Hook[],
  path: string,
  module: AnyModule,
  inputs: readonly Tensor[],
): Promise<readonly Tensor[]> => {
  let current = inputs
  for (const { fn } of hooks) current = replacement(await fn(module, current), path) ?? current
  return current
}

/** What forward hooks see as the output: one tensor bare, several as an array. */
const bare = (outputs: readonly Tensor[]): Tensor | readonly Tensor[] =>
  outputs.length === 1 ? (outputs[0] as Tensor) : outputs

/** What is known of a call when its forward hooks run. */
export interface HookedCall {
  readonly path: string
  readonly module: AnyModule
  readonly inputs: readonly Tensor[]
  /** Hooks that have been called already: an `alwaysCall` hook runs once, also when a later one throws. */
  readonly called: Set<Hook>
}

/** Calls the forward hooks in order; gives the outputs they leave. */
export const callForwardHooks = async (
  { path, module, inputs, called }: HookedCall,
  outputs: readonly Tensor[],
): Promise<readonly Tensor[]> => {
  let current = outputs
  for (const hook of module.hooks.forward) {
    called.add(hook)
    const result = replacement(await hook.fn(module, inputs, bare(current)), path)
    if (result !== undefined && result.length !== outputs.length) {
      throw badHookResult(path, `returned ${result.length} values in place of ${outputs.length}`)
    }
    current = result ?? current
  }
  return current
}

/** Calls the `alwaysCall` hooks that have not been called when a module fails. What they throw is dropped: the first error counts. */
export const callAlwaysHooks = async (
  { module, inputs, called }: HookedCall,
  outputs: readonly Tensor[] | undefined,
): Promise<void> => {
  for (const hook of module.hooks.forward) {
    if (!hook.alwaysCall || called.has(hook)) continue
    await Promise.resolve()
      .then(() => hook.fn(module, inputs, outputs && bare(outputs)))
      .catch(() => undefined)
  }
}
