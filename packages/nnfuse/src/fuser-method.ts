import { type AnyKind, type AnyModule, GraphModule, Identity, indexGraph, withTraining } from '@nnfuse/ir'
import { type Flow, isDeclined, lazyTypes, type Rule, tryRule } from '@nnfuse/matcher'
import { groupDeclined, unknownPattern } from './errors.js'
import { defaultPlugins, qatPlugins } from './plugins.js'

/** Makes one module of several that follow each other. */
export type FuserMethod = (modules: readonly AnyModule[], options: { readonly qat: boolean }) => AnyModule

/** Kinds in the order they run, and what fuses them. Entries win over the default mapping. */
export type FuserMethodMapping = readonly (readonly [kinds: readonly AnyKind[], method: FuserMethod])[]

export interface FuserOptions {
  /** For quantization-aware training: batch-norm stays a layer of its own inside the fused module. */
  readonly qat?: boolean
  readonly additionalFuserMethodMapping?: FuserMethodMapping
}

export const rulesFor = (qat: boolean): readonly Rule[] =>
  (qat ? qatPlugins() : defaultPlugins()).flatMap((plugin) => plugin.rules ?? [])

const sameKinds = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((kind, i) => kind === b[i])

const kindsOf = (rule: Rule): string[] => rule.slots.map((slot) => slot.label)

const fits = ({ slots }: Rule, kinds: readonly string[]): boolean =>
  slots.length === kinds.length && slots.every((slot, i) => slot.kinds.includes(kinds[i] as string))

/** The modules as a graph of their own, so that a rule can be tried on them as on any graph. */
const chainOf = (modules: readonly AnyModule[]): Flow => {
  const calls = modules.map((_, i) => ({
    target: String(i),
    inputs: [i === 0 ? 'x' : `y${i - 1}`],
    outputs: [`y${i}`],
  }))
  const children = new Map(modules.map((module, i) => [String(i), module]))
  const attrs = { inputs: ['x'], calls, outputs: [`y${modules.length - 1}`], types: new Map() }
  const graph = GraphModule(children, attrs)
  return { graph, index: indexGraph(attrs) }
}

const methodOf =
  (rule: Rule): FuserMethod =>
  (modules) => {
    const flow = chainOf(modules)
    const positions = modules.map((_, i) => i)
    const result = tryRule(flow, rule, positions, lazyTypes(flow.graph))
    if (!isDeclined(result)) return result
    throw groupDeclined(
      modules.map((module) => module.kind),
      result.declined,
    )
  }

const nearest = (rules: readonly Rule[], wanted: readonly string[]): string[] => {
  const overlap = ({ slots }: Rule): number =>
    slots.filter((slot) => slot.kinds.some((kind) => wanted.includes(kind))).length
  const ranked = [...rules].sort((a, b) => overlap(b) - overlap(a))
  const close = ranked.filter((rule) => overlap(rule) > 0)
  return (close.length > 0 ? close : ranked).slice(0, 5).map((rule) => kindsOf(rule).join(' + '))
}

const lookUp = (
  kinds: readonly string[],
  { qat = false, additionalFuserMethodMapping = [] }: FuserOptions,
): FuserMethod => {
  const additional = additionalFuserMethodMapping.findLast(([entry]) =>
    sameKinds(
      entry.map((kind) => kind.kind),
      kinds,
    ),
  )
  if (additional !== undefined) return additional[1]
  const rules = rulesFor(qat)
  const found = rules.find((rule) => fits(rule, kinds))
  if (found === undefined) throw unknownPattern(kinds, nearest(rules, kinds))
  return methodOf(found)
}

/**
 * What fuses layers of these kinds, in the order they run.
 *
 * @throws NnfuseError `UNKNOWN_PATTERN` naming the nearest known patterns.
 */
export const getFuserMethod = (kinds: readonly AnyKind[], options: FuserOptions = {}): FuserMethod =>
  lookUp(
    kinds.map((kind) => kind.kind),
    options,
  )

/**
 * Fuses modules that follow each other: the fused module first, then an Identity for each other one, in the mode of
 * the first.
 *
 * @throws NnfuseError `UNKNOWN_PATTERN`, or `CANNOT_FUSE` with the reason.
 */
export const fuseKnownModules = (modules: readonly AnyModule[], options: FuserOptions = {}): AnyModule[] => {
  const method = lookUp(
    modules.map((module) => module.kind),
    options,
  )
  const fused = method(modules, { qat: options.qat ?? false })
  const training = modules[0]?.training ?? false
  return [fused, ...modules.slice(1).map(() => withTraining(Identity(), training))]
}
