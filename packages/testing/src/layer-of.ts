import { type AnyKind, type AnyModule, type Kind, type Module, noHooks } from '@nnfuse/ir'
import type { Plugin } from '@nnfuse/pass-manager'
import { noSuchKind } from './errors.js'

/**
 * A kind of layer that a plugin has, by its name.
 *
 * @throws NnfuseError `NO_SUCH_KIND`
 */
export const kindOf = ({ name, kinds = [] }: Plugin, wanted: string): AnyKind => {
  const found = kinds.find(({ kind }) => kind === wanted)
  if (found === undefined) {
    throw noSuchKind(
      name,
      wanted,
      kinds.map(({ kind }) => kind),
    )
  }
  return found
}

/**
 * A layer with these attributes, whatever the kind wants to be called with: counterexamples are printed so.
 *
 * @param children by name, for a kind that is made of others
 * @example `layerOf(Scale, { factor: floatTensor([2], [1]) })`
 */
export const layerOf = <N extends string, A, Args extends readonly unknown[]>(
  { kind, definition }: Kind<N, A, Args>,
  attrs: A,
  children: Readonly<Record<string, AnyModule>> = {},
): Module<N, A> =>
  Object.freeze({
    kind,
    attrs,
    children: new Map(Object.entries(children)),
    training: false,
    hooks: noHooks,
    definition,
  })
