import {
  type AnyModule,
  type Call,
  Constant,
  decodeFloats,
  elementCount,
  encode,
  type FloatDType,
  type GraphModuleOf,
  hasHooks,
  indexGraph,
  isFloat,
  Mul,
  peekBytes,
  type Tensor,
  tensorOf,
  type ValueId,
  type ValueType,
  withGraph,
} from '@nnfuse/ir'
import { isExactEnough, lazyTypes, type Taken } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'
import { dropUnused, usedIn } from './drop-unused.js'
import { hasOneUser } from './has-one-user.js'

/*
 * What is multiplied by one constant and then by another is multiplied by their product, which is rounded once more or
 * less: `(x * a) * b` becomes `x * (a * b)`.
 */

const name = 'join-factors'

/** In bytes: what is said for each channel, not for each element. */
const longest = 16_384

const floatsOf = (tensor: Tensor, dtype: FloatDType): Float32Array | Float64Array | undefined => {
  const bytes = peekBytes(tensor)
  const isKnown = bytes !== undefined && bytes.length <= longest && tensor.approximate !== true
  return isKnown ? decodeFloats(bytes, dtype) : undefined
}

/** Nearer to zero numbers have fewer digits. */
const smallestNormal: { readonly [D in FloatDType]: number } = {
  float64: 2 ** -1022,
  float32: 2 ** -126,
  float16: 2 ** -14,
  bfloat16: 2 ** -126,
}

/** A product that overflows, or that loses digits for being tiny, says that the order of its factors matters. */
const isSound = (product: number, a: number, b: number, dtype: FloatDType): boolean =>
  Number.isFinite(product) && (Math.abs(product) >= smallestNormal[dtype] || a === 0 || b === 0)

/** The product of two constants of one shape, or of one and a single number; undefined for others. */
const productOf = (a: Tensor, b: Tensor): Tensor | undefined => {
  const difference = elementCount(a.shape) - elementCount(b.shape) || a.shape.length - b.shape.length
  const [long, short] = difference < 0 ? [b, a] : [a, b]
  const isOne = elementCount(short.shape) === 1 && short.shape.length <= long.shape.length
  const { dtype } = long
  if (dtype !== short.dtype || !isFloat(dtype)) return undefined
  if (!isOne && String(long.shape) !== String(short.shape)) return undefined
  const [values, factors] = [floatsOf(long, dtype), floatsOf(short, dtype)]
  if (values === undefined || factors === undefined) return undefined
  const factorAt = (i: number): number => factors[isOne ? 0 : i] as number
  const bytes = encode(
    Array.from(values, (value, i) => value * factorAt(i)),
    dtype,
  )
  const products = decodeFloats(bytes, dtype)
  const sound = values.every((value, i) => isSound(products[i] as number, value, factorAt(i), dtype))
  return sound ? tensorOf(dtype, long.shape, bytes) : undefined
}

/** A value that is multiplied by a constant. */
interface Scaled {
  readonly input: ValueId
  readonly factor: Tensor
}

const scaledBy = (
  module: AnyModule,
  { inputs: [a, b] }: Call,
  typeOf: (value: ValueId) => ValueType,
): Scaled | undefined => {
  if (hasHooks(module.hooks) || a === undefined || b === undefined) return undefined
  const [first, second] = [typeOf(a).value, typeOf(b).value]
  if (second && !first) return { input: a, factor: second }
  return first && !second ? { input: b, factor: first } : undefined
}

/** A multiplication that takes up those before it. */
interface Join extends Scaled {
  readonly paths: readonly string[]
}

/** What multiplications by constants become, each with those whose results only it uses. */
const joinsIn = (graph: GraphModuleOf): ReadonlyMap<Call, Join> => {
  const { calls } = graph.attrs
  const joins = new Map<Call, Join>()
  const multiplications = calls.filter(({ target }) => Mul.is(graph.children.get(target) as AnyModule))
  if (multiplications.length < 2) return joins
  const typeOf = lazyTypes(graph)
  const index = indexGraph(graph.attrs)
  const known = new Map<ValueId, Join>()
  for (const call of multiplications) {
    const { target, outputs: results } = call
    const own = scaledBy(graph.children.get(target) as AnyModule, call, typeOf)
    if (own === undefined || index.callsOf(target).length > 1) continue
    const inner = known.get(own.input)
    const factor = inner && productOf(inner.factor, own.factor)
    const join = factor
      ? { input: inner.input, factor, paths: [...inner.paths, target] }
      : { ...own, paths: [target] }
    if (factor) joins.set(call, join)
    const [output = ''] = results
    if (hasOneUser(index, output)) known.set(output, join)
  }
  return joins
}

const factorOf = ({ target }: Call): string => `${target}_factor`

const rewrite = (graph: GraphModuleOf) => {
  const joins = [...joinsIn(graph)].filter(([call]) => !graph.children.has(factorOf(call)))
  if (joins.length === 0) return { graph, taken: [] }
  const children = new Map(graph.children)
  const changed = new Map<Call, readonly Call[]>()
  const taken = joins.map(([call, { input, factor, paths }]): Taken => {
    const path = factorOf(call)
    children.set(path, Constant(factor))
    changed.set(call, [
      { target: path, inputs: [], outputs: [path] },
      { ...call, inputs: [input, path] },
    ])
    return { rule: name, paths, path: call.target, into: Mul.kind, exactness: 'real' }
  })
  const calls = graph.attrs.calls.flatMap((call) => changed.get(call) ?? [call])
  return { graph: dropUnused(withGraph(graph, children, { ...graph.attrs, calls }), usedIn(graph)), taken }
}

/** Multiplies once by what two constants give. */
export const joinFactors: Pass = {
  name: 'join-factors',
  description: 'Of two multiplications by constants behind each other one is left, by their product',
  eachRound: true,
  rewrites: [name],
  run: (model, cx) =>
    inRegions(model, cx.log, ({ graph }) =>
      isExactEnough('real', cx.exact) ? rewrite(graph) : { graph, taken: [] },
    ),
}
