import { type AnyKind, type AnyModule, GraphModule, Identity, indexGraph, withTraining } from '@nnfuse/ir'
import { type Flow, isDeclined, type LostHook, lazyTypes, type Rule, tryRule } from '@nnfuse/matcher'
import { groupDeclined, unknownPattern } from './errors.js'
import { defaultPlugins, qatPlugins } from './plugins.js'

/** Makes one module of several that follow each other. */
export type FuserMethod = (modules: readonly AnyModule[], options: FuserMethodOptions) => AnyModule

/** What every way of fusing a group is told. */
interface GroupOptions {
  /** What the modules are called in messages, one name a module; else their positions. */
  readonly paths?: readonly string[]
  /** Told of each hook between the layers that has no place in the fused module. */
  readonly onLostHook?: (lost: LostHook) => void
}

export interface FuserMethodOptions extends GroupOptions {
  readonly qat: boolean
}

/** Kinds in the order they run, and what fuses them. Entries win over the default mapping. */
export type FuserMethodMapping = readonly (readonly [kinds: readonly AnyKind[], method: FuserMethod])[]

export interface FuserOptions extends GroupOptions {
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
const chainOf = (modules: readonly AnyModule[], names: readonly string[]): Flow => {
  const value = (i: number): string => `y${i}`
  const calls = names.map((target, i) => ({ target, inputs: [value(i)], outputs: [value(i + 1)] }))
  const children = new Map(modules.map((module, i) => [names[i] as string, module]))
  const attrs = { inputs: [value(0)], calls, outputs: [value(modules.length)], types: new Map() }
  return { graph: GraphModule(children, attrs), index: indexGraph(attrs) }
}

const methodOf =
  (rule: Rule): FuserMethod =>
  (modules, { paths = modules.map((_, i) => String(i)), onLostHook }) => {
    const flow = chainOf(modules, paths)
    const result = tryRule(flow, rule, [...modules.keys()], lazyTypes(flow.graph))
    if (isDeclined(result)) throw groupDeclined(paths, result.declined)
    for (const lost of result.lostHooks) onLostHook?.(lost)
    return result.replacement
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
  const fused = method(modules, { ...options, qat: options.qat ?? false })
  const training = modules[0]?.training ?? false
  return [fused, ...modules.slice(1).map(() => withTraining(Identity(), training))]
}
