import { createHash } from 'node:crypto'
import {
  type AnyModule,
  formatTensor,
  type Hooks,
  hasHooks,
  type Model,
  readBytes,
  stateDict,
  type Tensor,
  walk,
} from '@nnfuse/ir'
import type { HookNames } from './build-model.js'
import type { Observed } from './golden-case.js'

const tensorText = async (tensor: Tensor): Promise<string> => {
  const digest = createHash('sha256')
    .update(await readBytes(tensor))
    .digest('hex')
  return `${formatTensor(tensor)} ${digest.slice(0, 12)}`
}

const kindText = ({ kind }: AnyModule): string => (kind === 'nn.GraphModule' ? 'own.Model' : kind)

const hookText = (
  { forwardPre, forward }: Hooks,
  names: HookNames,
): readonly [before: readonly string[], after: readonly string[]] => [
  forwardPre.map(({ fn }) => names.get(fn) ?? '?'),
  forward.map(({ fn, alwaysCall }) => `${names.get(fn) ?? '?'}${alwaysCall ? '!' : ''}`),
]

/** What a model looks like, in the terms of the golden file. */
export const observe = async ({ root }: Model, names: HookNames): Promise<Required<Observed>> => {
  const located = [...walk(root)]
  const state: Record<string, string> = {}
  for (const [key, tensor] of stateDict(root)) state[key] = await tensorText(tensor)
  return {
    kinds: Object.fromEntries(located.map(({ path, module }) => [path, kindText(module)])),
    training: located.filter(({ module }) => module.training).map(({ path }) => path),
    state,
    hooks: Object.fromEntries(
      located
        .filter(({ module }) => hasHooks(module.hooks))
        .map(({ path, module }) => [path, hookText(module.hooks, names)]),
    ),
  }
}
