import { type ModelLike, operandsOf, stateDict, type Tensor, toModel } from '@nnfuse/ir'

/** Where one tensor of a fused model comes from. */
export interface FusedEntry {
  /** Its key in the fused model's state dict. */
  readonly key: string
  /** Keys of the unfused model that it is, or is computed from. */
  readonly from: readonly string[]
  /** `same` key and tensor; the same tensor under another key; or computed by a fold. */
  readonly how: 'same' | 'renamed' | 'computed'
}

/** How the state dict of a fused model is made from that of the unfused one. */
export interface FusedStateDict {
  readonly entries: readonly FusedEntry[]
  /** Keys of the unfused model that nothing in the fused one depends on. */
  readonly dropped: readonly string[]
}

/** The tensors that a tensor is computed from, down to those that are stored. */
function* sources(tensor: Tensor): Generator<Tensor> {
  const stack = [tensor]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next
    stack.push(...[...operandsOf(next)].reverse())
  }
}

const keysByTensor = (state: ReadonlyMap<string, Tensor>): ReadonlyMap<Tensor, string[]> => {
  const keys = new Map<Tensor, string[]>()
  for (const [key, tensor] of state) keys.set(tensor, [...(keys.get(tensor) ?? []), key])
  return keys
}

const entryOf = (key: string, tensor: Tensor, keys: ReadonlyMap<Tensor, readonly string[]>): FusedEntry => {
  const own = keys.get(tensor)
  if (own !== undefined)
    return own.includes(key) ? { key, from: [key], how: 'same' } : { key, from: own, how: 'renamed' }
  const from = new Set([...sources(tensor)].flatMap((source) => keys.get(source) ?? []))
  return { key, from: [...from], how: 'computed' }
}

/**
 * Explains the keys of a fused model's state dict by those of the model it was fused from: a checkpoint saved fused
 * does not load into the unfused model, and this says why.
 *
 * @param unfused the model that was given to `fuse` or `fuseModules`
 * @param fused what came back
 */
export const fusedStateDict = (unfused: ModelLike, fused: ModelLike): FusedStateDict => {
  const before = stateDict(toModel(unfused).root)
  const keys = keysByTensor(before)
  const entries = [...stateDict(toModel(fused).root)].map(([key, tensor]) => entryOf(key, tensor, keys))
  const used = new Set(entries.flatMap(({ from }) => from))
  return { entries, dropped: [...before.keys()].filter((key) => !used.has(key)) }
}
