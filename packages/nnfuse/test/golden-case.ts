import { readFileSync } from 'node:fs'

/** A layer as data: kind, constructor arguments, options last; or `["same", path]`. */
export type LayerSpec = readonly [kind: string, ...args: readonly unknown[]]

/** Layers by name; nested names are a Sequential of their own. */
export interface Layers {
  readonly [name: string]: LayerSpec | Layers
}

export type HookSpec = readonly [
  path: string,
  when: 'pre' | 'post',
  name: string,
  options?: { readonly prepend?: boolean; readonly always_call?: boolean },
]

/** What a model looks like, in the terms of the golden file. */
export interface Observed {
  readonly kinds: Readonly<Record<string, string>>
  readonly training?: readonly string[]
  /** `float32[4, 4, 2, 1] 06fd525b334a` by state-dict key */
  readonly state?: Readonly<Record<string, string>>
  /** Names of the hooks before and after each module that has some. */
  readonly hooks?: Readonly<Record<string, readonly [before: readonly string[], after: readonly string[]]>>
}

export interface TorchResult extends Partial<Observed> {
  readonly error?: readonly [errorClass: string, message: string]
  /** In place: whether the given object came back. */
  readonly same?: boolean
  /** base64 of float32 */
  readonly output?: string
  readonly fired?: readonly string[]
}

export interface GoldenCase {
  readonly id: string
  readonly api: 'fuse_modules' | 'fuse_modules_qat' | 'fuse_known_modules' | 'get_fuser_method'
  readonly layers: Layers
  readonly training: readonly string[]
  readonly groups: unknown
  readonly qat?: boolean
  readonly calls?: readonly string[]
  readonly parametrize?: readonly string[]
  readonly hooks?: readonly HookSpec[]
  readonly fuser_func?: string
  readonly config?: string
  readonly inplace?: boolean
  readonly model?: null
  /** Shape of the input that the fused model is run on. */
  readonly run?: readonly number[]
  readonly torch: TorchResult
}

/** What scripts/python/golden_fuse_modules.py wrote; its `about` says what everything means. */
export const golden: { readonly torch: string; readonly cases: readonly GoldenCase[] } = JSON.parse(
  readFileSync(new URL('golden/fuse-modules.json', import.meta.url), 'utf8'),
)

/** The formula that all weights and inputs of the golden file come from. */
export const goldenValue = (seed: number, i: number): number =>
  ((seed * 7919 + i * 104729 + ((i * i) % 1009) * 31) % 2003) / 1024 - 0.978515625
