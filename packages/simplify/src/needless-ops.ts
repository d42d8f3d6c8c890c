import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  hasHooks,
  Identity,
  sizesIn,
  type ValueId,
  type ValueType,
  withGraph,
} from '@nnfuse/ir'
import { lazyTypes, type Taken } from '@nnfuse/matcher'
import { dropNoOps, inRegions, type Pass } from '@nnfuse/pass-manager'

/*
 * Operators of ONNX that give back what they get: a cast to the dtype that a value has, an expansion to its own shape, a
 * slice of all of it.
 */

const name = 'needless-op'

type IsNeedless = (inputs: readonly ValueType[], output: ValueType) => boolean

const sameDType: IsNeedless = ([x], { dtype }) => dtype !== undefined && x?.dtype === dtype

/** Each size is the one that is there, or 1, which stretches nothing. */
const sameShape: IsNeedless = ([x, list]) => {
  const sizes = list && sizesIn(list)
  const shape = x?.shape
  if (sizes === undefined || shape === undefined || sizes.length > shape.length) return false
  return sizes.every((size, i) => {
    const given = shape[shape.length - sizes.length + i]
    return size === 1 || (size !== null && size === given)
  })
}

/** The last input is the steps, or axes where there are four: neither turns a value around if its numbers are positive. */
const wholeSlice: IsNeedless = ([x, , , ...rest], { shape }) => {
  const last = rest.at(-1)
  const isForward = last === undefined || sizesIn(last)?.every((step) => typeof step === 'number' && step > 0)
  const isWhole =
    shape?.length === x?.shape?.length && shape?.every((dim, i) => dim !== null && dim === x?.shape?.[i])
  return isForward === true && isWhole === true
}

const needless: ReadonlyMap<string, IsNeedless> = new Map([
  ['Cast', sameDType],
  ['CastLike', sameDType],
  ['Expand', sameShape],
  ['Slice', wholeSlice],
])

const isNeedless = (module: AnyModule, call: Call, typeOf: (value: ValueId) => ValueType): boolean => {
  const { kind, definition, attrs, hooks } = module
  if (kind !== 'onnx.Op' || hasHooks(hooks)) return false
  const check = needless.get(definition.describe?.(attrs) ?? '')
  return check?.(call.inputs.map(typeOf), typeOf(call.outputs[0] as ValueId)) ?? false
}

const rewrite = (
  graph: GraphModuleOf,
): { readonly graph: GraphModuleOf; readonly taken: readonly Taken[] } => {
  const typeOf = lazyTypes(graph)
  const modulesOf = ({ target }: Call): AnyModule => graph.children.get(target) as AnyModule
  const gone = new Set(graph.attrs.calls.filter((call) => isNeedless(modulesOf(call), call, typeOf)))
  const kept = new Set(graph.attrs.calls.filter((call) => !gone.has(call)).map(({ target }) => target))
  for (const call of gone) if (kept.has(call.target)) gone.delete(call)
  if (gone.size === 0) return { graph, taken: [] }
  const children = new Map(graph.children)
  for (const { target } of gone) children.set(target, Identity())
  const calls = graph.attrs.calls.map((call) =>
    gone.has(call) ? { ...call, inputs: call.inputs.slice(0, 1) } : call,
  )
  const taken = [...gone].map(
    ({ target }): Taken => ({
      rule: name,
      paths: [target],
      path: target,
      into: Identity.kind,
      exactness: 'bits',
    }),
  )
  return { graph: dropNoOps(withGraph(graph, children, { ...graph.attrs, calls })), taken }
}

/** Drops operators that give back what they get. */
export const needlessOps: Pass = {
  name: 'drop-needless-ops',
  description:
    'Drops casts to the dtype that a value has, expansions to its own shape, and slices of all of it',
  eachRound: true,
  rewrites: [name],
  run: (model, cx) =>
    inRegions(model, cx.log, ({ graph }) => ({ ...rewrite(graph), declines: [], tried: new Map() })),
}
