import {
  type AnyModule,
  findModule,
  type ModelLike,
  type Note,
  pathsInModel,
  pathsWithin,
  type Region,
  regionsOf,
  toModel,
} from '@nnfuse/ir'
import {
  type Explain,
  type Explanation,
  type History,
  explainer as matcherExplainer,
  type Rule,
} from '@nnfuse/matcher'
import { defaultPipeline, type Pass, type PassContext } from '@nnfuse/pass-manager'
import { notALayer } from './errors.js'
import { type FuseOptions, fuse } from './fuse.js'
import { defaultPlugins } from './plugins.js'

/** What becomes of a layer. An opaque one is kept, for its reader could not make it a layer that rules know. */
export type Outcome = 'fused' | 'dropped' | 'kept' | 'opaque'

/** What fusing does with a layer, and why, as plain JSON data. */
export interface LayerExplanation extends Explanation {
  /** What the layer is before fusing; of an opaque one what the file calls it. */
  readonly kind: string
  readonly outcome: Outcome
  /** Why the reader of a file left the layer opaque. */
  readonly note?: string
}

/**
 * Tells of a layer, by its path: which rule took it, or why none did.
 *
 * @throws NnfuseError `NO_SUCH_PATH` or `NOT_A_LAYER`.
 */
export type Explainer = (path: string) => LayerExplanation

const regionOf = (regions: readonly Region[], path: string): Region =>
  regions.findLast(({ prefix }) => path.startsWith(prefix)) as Region

const isCalled = ({ prefix, graph }: Region, path: string): boolean =>
  graph.children.has(path.slice(prefix.length))

/** The history of a region, with paths as the region knows them. */
const historyWithin = (region: Region, { applied, rounds }: History): History => ({
  applied: pathsWithin(region, applied),
  rounds: rounds.map((declines) => pathsWithin(region, declines)),
})

const explainRegion = (region: Region, rules: readonly Rule[], history: History): Explain => {
  const explainIn = matcherExplainer(region.graph, rules, historyWithin(region, history))
  return (path) => {
    const { takenBy, near, ...found } = explainIn(path.slice(region.prefix.length))
    return { ...found, path, takenBy: pathsInModel(region, takenBy), near: pathsInModel(region, near) }
  }
}

const explainRegions = (model: AnyModule, rules: readonly Rule[], history: History): Explain => {
  const regions = regionsOf(model)
  const explained = new Map<Region, Explain>()
  return (path) => {
    const region = regionOf(regions, path)
    const known = explained.get(region) ?? explainRegion(region, rules, history)
    explained.set(region, known)
    return known(path)
  }
}

/** The same pass; what it was given is noted. */
const watched = (pass: Pass, note: (cx: PassContext) => void): Pass => ({
  ...pass,
  run: (model, cx) => {
    note(cx)
    return pass.run(model, cx)
  },
})

const outcomeOf = (
  { takenBy }: Explanation,
  wasDropped: boolean,
  note: Note | undefined,
): Pick<LayerExplanation, 'outcome' | 'note'> => {
  if (note !== undefined) return { outcome: 'opaque', note: note.reason }
  if (takenBy.length > 0) return { outcome: 'fused' }
  return { outcome: wasDropped ? 'dropped' : 'kept' }
}

/**
 * Explains layers one after the other: the model is fused once, and given to nobody.
 *
 * @example
 * ```ts
 * const why = explainer(model)
 * const kept = ['layer1.0.bn1', 'layer1.0.bn2'].map(why).filter(({ outcome }) => outcome === 'kept')
 * ```
 */
export const explainer = (model: ModelLike, options: FuseOptions = {}): Explainer => {
  const { root, notes } = toModel(model)
  let context: PassContext | undefined
  const pipeline = watched(options.pipeline ?? defaultPipeline(options.plugins ?? defaultPlugins()), (cx) => {
    context = cx
  })
  const { model: fused, report } = fuse(model, { ...options, pipeline })
  const { rules, log } = context as unknown as PassContext
  const before = regionsOf(root)
  const explainNow = explainRegions(fused.root, rules, { applied: report.applied, rounds: log.rounds })
  const dropped = new Set(report.dropped)
  const noteAt = new Map(notes.map((note) => [note.path, note]))
  return (path) => {
    const module = findModule(root, path)
    if (!isCalled(regionOf(before, path), path)) throw notALayer(path, module.children.keys())
    const explanation = explainNow(path)
    const note = noteAt.get(path)
    const kind = note?.what ?? module.kind
    return { ...explanation, kind, ...outcomeOf(explanation, dropped.has(path), note) }
  }
}

/**
 * Says what `fuse(model, options)` does with one layer: which rule takes it; or which rules come near, how much of
 * their patterns there is, and the reason why each stops. The reasons are those of the report. Changes nothing.
 *
 * @param path `layer1.0.bn1`
 * @example
 * ```ts
 * explain(model, 'layer1.0.bn1').near[0]?.reason // 'the output of layer1.0.conv1 is also used by layer1.0.add'
 * ```
 * @throws NnfuseError `NO_SUCH_PATH`, whose hint names what there is; `NOT_A_LAYER` for a container.
 */
export const explain = (model: ModelLike, path: string, options: FuseOptions = {}): LayerExplanation =>
  explainer(model, options)(path)
