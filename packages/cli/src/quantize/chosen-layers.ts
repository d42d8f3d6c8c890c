import { flatten, listNames, type Model, NnfuseError } from '@nnfuse/ir'
import { edgeLayers, isQatModule, type QConfig, type QConfigMapping, qatKinds } from '@nnfuse/quantization'

/** Which layers are to stay in float. */
export interface Skipped {
  /** By path, of layers or of what they are in. */
  readonly skip: readonly string[]
  readonly skipFirst: boolean
  readonly skipLast: boolean
}

/** A layer with a weight, and what became of it. */
export interface LayerOutcome {
  readonly path: string
  readonly kind: string
  readonly quantized: boolean
  /** Why it is still float. */
  readonly reason?: string
}

const unknownLayer = (path: string, known: Iterable<string>): NnfuseError =>
  new NnfuseError('UNKNOWN_LAYER', `the fused model has no layer with a weight at "${path}"`, {
    path,
    hint: `There are ${listNames(known)}.`,
  })

const layersOf = ({ root }: Model): [path: string, kind: string][] =>
  [...flatten(root).children].flatMap(([path, { kind }]) => (qatKinds.has(kind) ? [[path, kind]] : []))

/**
 * How a fused model is to be quantized.
 *
 * @throws NnfuseError `UNKNOWN_LAYER`
 */
export const mappingFor = (
  fused: Model,
  { skip, skipFirst, skipLast }: Skipped,
  config: QConfig,
): QConfigMapping => {
  const known = layersOf(fused).map(([path]) => path)
  for (const path of skip) {
    if (!known.some((one) => one === path || one.startsWith(`${path}.`))) throw unknownLayer(path, known)
  }
  const { first, last } = edgeLayers(fused)
  const paths = [...skip, ...(skipFirst ? first : []), ...(skipLast ? last : [])]
  return { names: Object.fromEntries(paths.map((path) => [path, null])), default: config }
}

/** What became of each layer with a weight. */
export const outcomesOf = (fused: Model, prepared: Model): LayerOutcome[] => {
  const layers = flatten(prepared.root).children
  const reasons = new Map(prepared.notes.map(({ path, reason }) => [path, reason]))
  return layersOf(fused).map(([path, kind]) => {
    const module = layers.get(path)
    if (module !== undefined && isQatModule(module)) return { path, kind, quantized: true }
    return { path, kind, quantized: false, reason: reasons.get(path) ?? 'skipped' }
  })
}
