import type { AnyKind, AnyModule } from '@nnfuse/ir'
import { badQConfig } from './errors.js'
import type { FakeQuantizeOptions } from './fake-quantize.js'

/** How a layer is quantized: its weight, and the values that go in and come out. */
export interface QConfig {
  readonly activation: FakeQuantizeOptions
  /** One scale for each output channel where `axis` is a number: which axis that is, the layer says. */
  readonly weight: FakeQuantizeOptions
}

/** Which layers are quantized, and how; null: not at all. The first that says something decides. */
export interface QConfigMapping {
  /** By dotted path, of the layer or of what it is in. The longest decides. */
  readonly names?: Readonly<Record<string, QConfig | null>>
  /** By the layer's path as a whole; the first pattern that fits decides. */
  readonly patterns?: readonly (readonly [pattern: RegExp, config: QConfig | null])[]
  /** By kind. Layers that are held together go by the kind that holds them, else by that of the first of them. */
  readonly kinds?: readonly (readonly [kind: AnyKind, config: QConfig | null])[]
  readonly default?: QConfig | null
}

/** Whether a layer has a name of the mapping, or is in something that has. */
export const isWithin = (path: string, name: string): boolean => path === name || path.startsWith(`${name}.`)

const byName = ({ names = {} }: QConfigMapping, path: string): QConfig | null | undefined => {
  const fitting = Object.keys(names).filter((name) => isWithin(path, name))
  const longest = fitting.sort((a, b) => b.length - a.length)[0]
  return longest === undefined ? undefined : names[longest]
}

const byPattern = ({ patterns = [] }: QConfigMapping, path: string): QConfig | null | undefined =>
  patterns.find(([pattern]) => path.search(pattern) === 0 && path.match(pattern)?.[0] === path)?.[1]

const kindIn = ({ kinds = [] }: QConfigMapping, name: string | undefined): QConfig | null | undefined =>
  kinds.find(([kind]) => kind.kind === name)?.[1]

const byKind = (mapping: QConfigMapping, module: AnyModule): QConfig | null | undefined => {
  const own = kindIn(mapping, module.kind)
  if (own !== undefined || !module.kind.startsWith('nni.')) return own
  return kindIn(mapping, [...module.children.values()][0]?.kind)
}

const checked = (config: QConfig | null, path: string): QConfig | null => {
  if (config !== null && (!config.activation || !config.weight)) {
    throw badQConfig(`the qconfig of "${path}" needs activation and weight`)
  }
  return config
}

/**
 * What a mapping says of a layer: by name, else by pattern, else by kind, else the default; null where it stays float.
 *
 * @throws NnfuseError `BAD_QCONFIG`
 */
export const qconfigFor = (mapping: QConfigMapping, path: string, module: AnyModule): QConfig | null => {
  const found = [byName(mapping, path), byPattern(mapping, path), byKind(mapping, module)].find(
    (config) => config !== undefined,
  )
  return checked(found ?? (found === null ? null : (mapping.default ?? null)), path)
}
