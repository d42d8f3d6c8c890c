import { formatType, uniqueNames } from '@nnfuse/ir'
import { callsLike, type Flow } from './flow.js'
import type { Application } from './plan.js'

/*
 * A fused module stands at the path of the first layer it is made of. Where that layer is called from several places,
 * one fused module serves all of them at which the same rule has taken the same layers. Elsewhere the layer stays what
 * it was, or becomes something else, so the fused module stands beside it: at `conv_1`, with weights of its own where
 * fusing changed them.
 */

/** The same hooks everywhere, too: where a match is given other values than its first layer, that one's do not move. */
const keyOf = ({ rule, paths, typesSeen, replacement: { hooks } }: Application): string =>
  JSON.stringify([rule, paths, typesSeen.map(formatType), hooks.forwardPre.length, hooks.forward.length])

/** Applications whose first layer is shared, by its path. */
const sharedHosts = (flow: Flow, applications: readonly Application[]): Map<string, Application[]> => {
  const byPath = new Map<string, Application[]>()
  for (const application of applications) {
    const { host, path } = application
    if (callsLike(flow, host).length === 1) continue
    const others = byPath.get(path)
    if (others === undefined) byPath.set(path, [application])
    else others.push(application)
  }
  return byPath
}

/** Gives each application the path of its fused module, and the same module to those that share it. */
export const assignHosts = (
  flow: Flow,
  applications: readonly Application[],
  isVacated: (position: number) => boolean,
): readonly Application[] => {
  const shared = sharedHosts(flow, applications)
  if (shared.size === 0) return applications
  const unique = uniqueNames(flow.graph.children.keys())
  const hosted = new Map<Application, Application>()
  for (const [path, sharing] of shared) {
    const byKey = new Map<string, Application>()
    for (const application of sharing) {
      const key = keyOf(application)
      const isFirst = byKey.size === 0 && isVacated(application.host)
      const host = byKey.get(key) ?? { ...application, path: isFirst ? path : unique(path) }
      byKey.set(key, host)
      hosted.set(application, { ...application, path: host.path, replacement: host.replacement })
    }
  }
  return applications.map((application) => hosted.get(application) ?? application)
}
