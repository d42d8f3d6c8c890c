import { type AnyKind, type AnyModule, GraphModule, Identity, type ValueType, withTraining } from '@nnfuse/ir'
import {
  type Flow,
  flowOf,
  isDeclined,
  type LostHook,
  lazyTypes,
  matchOf,
  type Rule,
  rule,
  tryRule,
} from '@nnfuse/matcher'
import { badMapping, groupDeclined, unknownPattern } from './errors.js'
import { defaultPlugins, qatPlugins } from './plugins.js'

/** Makes one module of several that follow each other. */
export type FuserMethod = (modules: readonly AnyModule[], options: FuserMethodOptions) => AnyModule

/** What every way of fusing a group is told. */
interface GroupOptions {
  /** What the modules are called in messages, one name a module; else their positions. */
  readonly paths?: readonly string[]
  /** Told of each hook between the layers that has no place in the fused module. */
  readonly onLostHook?: (lost: LostHook) => void
  /** What is known of the value that each module gives, counted from 0; else nothing is. */
  readonly outputType?: (slot: number) => ValueType
}

/** What a fuser method is told about its group. */
export interface FuserMethodOptions extends GroupOptions {
  readonly qat: boolean
}

/** Kinds in the order they run, and what fuses them. Entries win over the default mapping. */
export type FuserMethodMapping = readonly (readonly [kinds: readonly AnyKind[], method: FuserMethod])[]

/** What a fuser function is told about its group. */
export interface FuserOptions extends GroupOptions {
  /** For quantization-aware training: batch-norm stays a layer of its own inside the fused module. */
  readonly qat?: boolean
  readonly additionalFuserMethodMapping?: FuserMethodMapping
}

/** Layers in a list follow each other, so only chains can fuse them. */
const rulesFor = (qat: boolean): readonly Rule[] =>
  (qat ? qatPlugins() : defaultPlugins())
    .flatMap((plugin) => plugin.rules ?? [])
    .filter(({ pattern }) => pattern.isChain)

const sameKinds = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((kind, i) => kind === b[i])

const kindsOf = (rule: Rule): string[] => rule.slots.map((slot) => slot.label)

const fits = ({ slots }: Rule, kinds: readonly string[]): boolean =>
  slots.length === kinds.length && slots.every((slot, i) => slot.kinds.includes(kinds[i] as string))

/**
 * The modules as a graph of their own, so that a rule can be tried on them as on any graph. Value i is what module
 * i - 1 gives.
 */
const chainOf = (modules: readonly AnyModule[], names: readonly string[]): Flow => {
  const calls = names.map((target, i) => ({ target, inputs: [`${i}`], outputs: [`${i + 1}`] }))
  const children = new Map(modules.map((module, i) => [names[i] as string, module]))
  const attrs = { inputs: ['0'], calls, outputs: [`${modules.length}`], types: new Map() }
  return flowOf(GraphModule(children, attrs))
}

const methodOf =
  (rule: Rule): FuserMethod =>
  (modules, { paths = modules.map((_, i) => String(i)), onLostHook, outputType }) => {
    const flow = chainOf(modules, paths)
    const typeOf = outputType ? (value: string) => outputType(Number(value) - 1) : lazyTypes(flow.graph)
    const match = matchOf(flow, rule, { positions: [...modules.keys()], values: [] })
    const result = tryRule(flow, match, { typeOf, asked: true })
    if (isDeclined(result)) throw groupDeclined(paths, result.declined)
    for (const lost of result.lostHooks) onLostHook?.(lost)
    return result.replacement
  }

/** A method of the caller's runs as a rule, so that hooks move as they do with any other. */
const additionalMethod =
  (kinds: readonly AnyKind[], method: FuserMethod): FuserMethod =>
  (modules, options) => {
    const name = `fuser method for ${kinds.map(({ kind }) => kind).join(', ')}`
    const made = rule(name, kinds, (...args) => method(args.slice(0, -1) as AnyModule[], options))
    return methodOf(made)(modules, options)
  }

const checkMapping = (mapping: FuserMethodMapping): void => {
  if (!Array.isArray(mapping)) throw badMapping(`a ${typeof mapping} was given`)
  for (const [i, entry] of mapping.entries()) {
    const [kinds, method] = Array.isArray(entry) ? entry : []
    if (!Array.isArray(kinds) || kinds.length === 0) throw badMapping(`entry ${i} has no list of kinds`)
    if (typeof method !== 'function') throw badMapping(`entry ${i} has no method`)
  }
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
  checkMapping(additionalFuserMethodMapping)
  const additional = additionalFuserMethodMapping.findLast(([entry]) =>
    sameKinds(
      entry.map((kind) => kind.kind),
      kinds,
    ),
  )
  if (additional !== undefined) return additionalMethod(...additional)
  const rules = rulesFor(qat)
  const found = rules.find((rule) => fits(rule, kinds))
  if (found === undefined) throw unknownPattern(kinds, nearest(rules, kinds))
  return methodOf(found)
}

/**
 * What fuses layers of these kinds, in the order they run.
 *
 * @throws NnfuseError `UNKNOWN_PATTERN` naming the nearest known patterns, or `BAD_MAPPING`.
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
 * @throws NnfuseError `UNKNOWN_PATTERN`, `CANNOT_FUSE` with the reason, `BAD_MAPPING`, or `BAD_REWRITE` or
 * `REWRITE_FAILED` where a method of the caller's gives no module or throws.
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
