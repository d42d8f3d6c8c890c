import { type StateEntry, stateEntries } from '@nnfuse/ir'
import { copyOf } from '../copy-of.js'
import type { Law } from '../law.js'
import { type Settled, settle } from '../settle.js'

const takenPaths = ({ plans }: Settled): ReadonlySet<string> =>
  new Set(plans.flatMap(({ applications }) => applications.flatMap(({ paths }) => paths)))

const isWithin = (path: string, taken: ReadonlySet<string>): boolean =>
  [...taken].some((other) => path === other || path.startsWith(`${other}.`))

const untouchedEntries = (settled: Settled): StateEntry[] => {
  const taken = takenPaths(settled)
  return [...stateEntries(settled.graph)].filter(({ path }) => !isWithin(path, taken))
}

/** Layers that the rule did not take keep their place in the state dict and the very tensors they had. */
export const keepsOtherLayers: Law = {
  name: 'keeps other layers',
  check: ({ rule, model, settings: { engine } }) => {
    const settled = settle(engine, rule, copyOf(model))
    const after = new Map([...stateEntries(settled.result)].map(({ key, tensor }) => [key, tensor]))
    const lost = untouchedEntries(settled).find(({ key, tensor }) => after.get(key) !== tensor)
    if (lost === undefined) return undefined
    const fate = after.has(lost.key) ? 'is another tensor' : 'is gone'
    return { problem: `"${lost.key}" of a layer that it did not take ${fate}` }
  },
}
