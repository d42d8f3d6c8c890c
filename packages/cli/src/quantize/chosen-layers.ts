import { type AnyModule, flatten, listNames, type Model, NnfuseError, type Tensor } from '@nnfuse/ir'
import { edgeLayers, type QConfig, type QConfigMapping, qatKinds } from '@nnfuse/quantization'
import type { Method } from './method.js'

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

const layersOf = ({ root }: Model): [path: string, module: AnyModule][] =>
  [...flatten(root).children].filter(([, { kind }]) => qatKinds.has(kind))

const weightIn = ({ attrs }: AnyModule): Tensor | undefined =>
  (attrs as { readonly weight?: Tensor | null }).weight ?? undefined

/** Kernels of integers are for float32 all around them: why a layer of other floats stays as it is, if its values count. */
const whyFloat = (module: AnyModule, method: Method): string | undefined => {
  const [dtype] = [module, ...module.children.values()].flatMap((one) => weightIn(one)?.dtype ?? [])
  return method === 'weights' || dtype === 'float32'
    ? undefined
    : `its numbers are ${dtype}, and only float32 values are quantized`
}

/**
 * How a fused model is to be quantized. Layers whose numbers cannot be stay in float.
 *
 * @throws NnfuseError `UNKNOWN_LAYER`
 */
export const mappingFor = (
  fused: Model,
  { skip, skipFirst, skipLast }: Skipped,
  method: Method,
  config: QConfig,
): QConfigMapping => {
  const layers = layersOf(fused)
  const known = layers.map(([path]) => path)
  for (const path of skip) {
    if (!known.some((one) => one === path || one.startsWith(`${path}.`))) throw unknownLayer(path, known)
  }
  const { first, last } = edgeLayers(fused)
  const unfit = layers.flatMap(([path, module]) => (whyFloat(module, method) === undefined ? [] : [path]))
  const paths = [...skip, ...(skipFirst ? first : []), ...(skipLast ? last : []), ...unfit]
  return { names: Object.fromEntries(paths.map((path) => [path, null])), default: config }
}

/** What became of each layer with a weight: one that is quantized is of another kind. */
export const outcomesOf = (fused: Model, prepared: Model, method: Method): LayerOutcome[] => {
  const after = flatten(prepared.root).children
  const reasons = new Map(prepared.notes.map(({ path, reason }) => [path, reason]))
  return layersOf(fused).map(([path, module]) => {
    const { kind } = module
    if (after.get(path)?.kind !== kind) return { path, kind, quantized: true }
    const reason = reasons.get(path) ?? whyFloat(module, method) ?? 'skipped'
    return { path, kind, quantized: false, reason }
  })
}
