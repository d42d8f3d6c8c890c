import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  hasHooks,
  Identity,
  operatorOf,
  sizesIn,
  type ValueId,
  type ValueType,
  withGraph,
} from '@nnfuse/ir'
import { type Exactness, isExactEnough, lazyTypes, type Taken } from '@nnfuse/matcher'
import { dropNoOps, inRegions, type Pass } from '@nnfuse/pass-manager'
import { countsUp } from './counts-up.js'
import { dropUnused, givesSizes, usedIn } from './drop-unused.js'
import { movesNothing } from './moves-nothing.js'
import { stretchesNothing } from './stretches-nothing.js'
import { type GivenBack, unchangedOperand } from './unchanged-operand.js'
import { wholeRows } from './whole-rows.js'

/*
 * Layers that give back what they get: a cast to the dtype that a value has, an expansion or a reshape to its own shape,
 * a slice of all of it, axes in the order they have, a concatenation of it alone, padding by nothing, all of its rows
 * taken or written over in their order, and arithmetic with a number that changes nothing.
 */

const name = 'needless-op'

type IsNeedless = (inputs: readonly ValueType[], output: ValueType) => boolean

const sameDType: IsNeedless = ([x], { dtype }) => dtype !== undefined && x?.dtype === dtype

const sameShape: IsNeedless = ([x, list]) => stretchesNothing(list && sizesIn(list), x?.shape)

/** The last input is the steps, or axes where there are four: neither turns a value around if its numbers are positive. */
const wholeSlice: IsNeedless = ([x, , , ...rest], { shape }) => {
  const last = rest.at(-1)
  const isForward = last === undefined || sizesIn(last)?.every((step) => typeof step === 'number' && step > 0)
  const isWhole =
    shape?.length === x?.shape?.length && shape?.every((dim, i) => dim !== null && dim === x?.shape?.[i])
  return isForward === true && isWhole === true
}

const noPadding: IsNeedless = ([, pads]) => (pads && sizesIn(pads)?.every((amount) => amount === 0)) ?? false

const needless: ReadonlyMap<string, IsNeedless> = new Map([
  ['Cast', sameDType],
  ['CastLike', sameDType],
  ['Expand', sameShape],
  ['Pad', noPadding],
  ['Slice', wholeSlice],
])

type TypeOf = (value: ValueId) => ValueType

const isNeedlessOp = (operator: string, { inputs, outputs }: Call, typeOf: TypeOf): boolean =>
  needless.get(operator)?.(inputs.map(typeOf), typeOf(outputs[0] as ValueId)) ?? false

/** What a call gives back as it got it; undefined where it computes something. */
const givenBack = (
  module: AnyModule,
  call: Call,
  typeOf: TypeOf,
  countIn: ReturnType<typeof countsUp>,
): GivenBack | undefined => {
  if (hasHooks(module.hooks) || module.training || call.outputs.length !== 1) return undefined
  const operator = operatorOf(module)
  const isFirst =
    operator === undefined
      ? movesNothing(module, call.inputs.map(typeOf), typeOf(call.outputs[0] as ValueId))
      : isNeedlessOp(operator, call, typeOf)
  if (isFirst) return { input: 0, exactness: 'bits' }
  return wholeRows(module, call, typeOf, countIn) ?? unchangedOperand(module, call.inputs.map(typeOf))
}

interface Outcome {
  readonly graph: GraphModuleOf
  readonly taken: readonly Taken[]
}

/** Calls that may go: none of a layer that is called elsewhere, too, and stays there. */
const needlessCalls = (graph: GraphModuleOf, exact: Exactness): ReadonlyMap<Call, GivenBack> => {
  const typeOf = lazyTypes(graph)
  const countIn = countsUp(graph, typeOf)
  const gone = new Map<Call, GivenBack>()
  for (const call of graph.attrs.calls) {
    const given = givenBack(graph.children.get(call.target) as AnyModule, call, typeOf, countIn)
    if (given && isExactEnough(given.exactness, exact)) gone.set(call, given)
  }
  const kept = new Set(graph.attrs.calls.filter((call) => !gone.has(call)).map(({ target }) => target))
  return new Map([...gone].filter(([{ target }]) => !kept.has(target)))
}

const rewrite = (graph: GraphModuleOf, exact: Exactness): Outcome => {
  const gone = needlessCalls(graph, exact)
  if (gone.size === 0) return { graph, taken: [] }
  const children = new Map(graph.children)
  for (const { target } of gone.keys()) children.set(target, Identity())
  const calls = graph.attrs.calls.map((call): Call => {
    const input = call.inputs[gone.get(call)?.input ?? 0]
    return gone.has(call) && input !== undefined ? { ...call, inputs: [input] } : call
  })
  const taken = [...gone].map(
    ([{ target }, { exactness }]): Taken => ({
      rule: name,
      paths: [target],
      path: target,
      into: Identity.kind,
      exactness,
    }),
  )
  const without = dropNoOps(withGraph(graph, children, { ...graph.attrs, calls }))
  return { graph: dropUnused(without, usedIn(graph)), taken }
}

/** Sizes that are known are no more computed by anybody. */
const withoutUnusedSizes = (outcome: Outcome): Outcome => ({
  ...outcome,
  graph: dropUnused(outcome.graph, givesSizes(lazyTypes(outcome.graph))),
})

/** Drops layers that give back what they get, and sizes that nothing uses. */
export const needlessOps: Pass = {
  name: 'drop-needless-ops',
  description:
    'Drops what gives back what it gets: casts to the same dtype, expansions to the same shape, slices of all, times 1',
  eachRound: true,
  rewrites: [name],
  run: (model, cx) => inRegions(model, cx.log, ({ graph }) => withoutUnusedSizes(rewrite(graph, cx.exact))),
}
