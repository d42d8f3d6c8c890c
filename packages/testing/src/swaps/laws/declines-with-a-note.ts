import { flatten, Model } from '@nnfuse/ir'
import { copyOf } from '../../copy-of.js'
import type { Verdict } from '../../law.js'
import { matches, quoted } from '../../laws/declines-with-the-reason.js'
import type { Swap, SwapDeclines } from '../swap.js'

/** A layer that cannot be swapped stays the object that it is, and a note on the model says why. */
export const declinesWithANote = (swap: Swap, { model, path, reason }: SwapDeclines): Verdict => {
  const before = flatten(copyOf(model))
  const { root, notes } = swap(new Model(before))
  if (flatten(root).children.get(path) !== before.children.get(path))
    return { problem: `"${path}" was swapped` }
  const own = notes.filter((note) => note.path === path).map((note) => note.reason)
  if (own.some((one) => matches(one, reason))) return undefined
  const said = own.length === 0 ? 'says nothing of it' : `says ${own.map((one) => `"${one}"`).join(' and ')}`
  return { problem: `"${path}" stays, but the model ${said} instead of ${quoted(reason)}` }
}
