import {
  type AnyModule,
  type Call,
  Constant,
  type GraphModuleOf,
  Identity,
  uniqueNames,
  type ValueId,
  withGraph,
} from '@nnfuse/ir'
import {
  type Decline,
  type Declined,
  flowOf,
  isDeclined,
  isExactEnough,
  lazyTypes,
  type Taken,
} from '@nnfuse/matcher'
import { dropNoOps, inRegions, type Pass, type PassContext } from '@nnfuse/pass-manager'
import { type Absorbed, absorbBack } from './absorb-back.js'
import { absorbForward } from './absorb-forward.js'
import { type Affine, sizeOf } from './affine.js'
import { because, callIn, checkWatched, type Editing, isLeftToRules, moduleIn } from './editing.js'
import { type AffineCall, type Operand, readAffine } from './read-affine.js'

/*
 * A batch-norm, or arithmetic with a constant a channel, is one multiply-add a channel wherever it stands. It need not
 * stand next to a layer that can take it up: it is moved past layers that keep the channels apart, back to what makes
 * the value or forward to what uses it, and goes where every way ends in a layer that takes it up. Where one does not,
 * nothing is changed.
 */

const operandsOf = (editing: Editing, position: number): Operand[] =>
  callIn(editing, position).inputs.map((value) => {
    const producer = editing.flow.index.producerOf(value)
    const module = producer === undefined ? undefined : moduleIn(editing, producer)
    const constant = module !== undefined && Constant.is(module) ? module.attrs.value : undefined
    return { constant, type: () => editing.typeOf(value) }
  })

/** One number is for all elements, whatever axis it was said to lie along. */
const simplest = (affine: Affine): Affine => (sizeOf(affine) === 1 ? { ...affine, axis: undefined } : affine)

const passName = 'absorb-affine'

interface Found {
  readonly rule: 'affine-back' | 'affine-forward'
  readonly absorbed: Absorbed
}

type Tried = readonly [rule: Found['rule'], result: Absorbed | Declined]

const tryBoth = (editing: Editing, position: number, { input, affine }: AffineCall): Tried[] => {
  const { inputs, outputs } = callIn(editing, position)
  const given = simplest(affine)
  const back = absorbBack(editing, position, inputs[input] as ValueId, given)
  if (!isDeclined(back)) return [['affine-back', back]]
  return [
    ['affine-back', back],
    ['affine-forward', absorbForward(editing, outputs[0] as ValueId, given)],
  ]
}

interface Outcome {
  readonly taken: Taken[]
  readonly declines: Decline[]
}

/** What each layer that has taken something up was made from. */
const take = (editing: Editing, position: number, input: number, { rule, absorbed }: Found): Taken[] => {
  for (const [at, module] of absorbed.modules) editing.changed.set(at, module)
  editing.gone.set(position, input)
  const { target } = callIn(editing, position)
  return [...absorbed.modules].map(([at, { kind: into }]) => {
    const path = callIn(editing, at).target
    return { rule, paths: [path, target], path, into, exactness: absorbed.exactness }
  })
}

/** What became of a call that looks like an affine function, on every way that was tried. */
const tryAt = (editing: Editing, position: number, read: AffineCall | string): Tried[] => {
  const watched = checkWatched(editing, position)
  if (watched !== true) return [['affine-back', watched]]
  if (typeof read === 'string') return [['affine-back', because(editing, position, read)]]
  return tryBoth(editing, position, read)
}

const absorbAt = (editing: Editing, position: number, outcome: Outcome): void => {
  const read = readAffine(moduleIn(editing, position), () => operandsOf(editing, position))
  if (read === undefined || isLeftToRules(editing, position)) return
  const paths = [callIn(editing, position).target]
  for (const [rule, result] of tryAt(editing, position, read)) {
    if (isDeclined(result)) outcome.declines.push({ rule, paths, reason: result.declined, pass: passName })
    else if (typeof read === 'object')
      outcome.taken.push(...take(editing, position, read.input, { rule, absorbed: result }))
  }
}

/** The calls of the graph, those that are gone giving back their input. */
const rewrite = ({ flow, changed, gone }: Editing): GraphModuleOf => {
  const { graph, index } = flow
  const unique = uniqueNames(graph.children.keys())
  const children = new Map<string, AnyModule>(graph.children)
  for (const [position, module] of changed)
    children.set(graph.attrs.calls[position]?.target as string, module)
  const calls = graph.attrs.calls.map((call, position): Call => {
    const input = gone.get(position)
    if (input === undefined) return call
    const isShared = index.callsLike(position).some((other) => !gone.has(other))
    const target = isShared ? unique(call.target) : call.target
    children.set(target, Identity())
    return { target, inputs: [call.inputs[input] as ValueId], outputs: call.outputs }
  })
  return withGraph(graph, children, { ...graph.attrs, calls })
}

/** The constants that only layers used that are gone. */
const dropConstants = (graph: GraphModuleOf, { flow, gone }: Editing): GraphModuleOf => {
  const operands = new Set(
    [...gone.keys()].flatMap((position) => flow.graph.attrs.calls[position]?.inputs ?? []),
  )
  const used = new Set([...graph.attrs.calls.flatMap(({ inputs }) => inputs), ...graph.attrs.outputs])
  const isLeft = ({ target, outputs }: Call): boolean =>
    !(
      Constant.is(graph.children.get(target) as AnyModule) &&
      outputs.every((value) => operands.has(value) && !used.has(value))
    )
  const calls = graph.attrs.calls.filter(isLeft)
  if (calls.length === graph.attrs.calls.length) return graph
  const called = new Set(calls.map(({ target }) => target))
  const children = new Map([...graph.children].filter(([path]) => called.has(path)))
  return withGraph(graph, children, { ...graph.attrs, calls })
}

const absorbIn = (
  graph: GraphModuleOf,
  { rules, exact }: PassContext,
): Outcome & { readonly graph: GraphModuleOf } => {
  const editing: Editing = {
    flow: flowOf(graph),
    typeOf: lazyTypes(graph),
    rules,
    exact,
    changed: new Map(),
    gone: new Map(),
  }
  const outcome: Outcome = { taken: [], declines: [] }
  for (let position = 0; position < graph.attrs.calls.length; position += 1)
    absorbAt(editing, position, outcome)
  if (editing.gone.size === 0) return { ...outcome, graph }
  return { ...outcome, graph: dropConstants(dropNoOps(rewrite(editing)), editing) }
}

/** Takes up batch-norms and arithmetic with constants wherever they stand. */
export const absorbAffine: Pass = {
  name: passName,
  description: 'Moves per-channel multiply-adds into the weights of layers before or behind them',
  eachRound: true,
  rewrites: ['affine-back', 'affine-forward'],
  run: (model, cx) => {
    if (!isExactEnough('real', cx.exact)) return model
    return inRegions(model, cx.log, ({ graph }) => {
      const { taken, declines, graph: result } = absorbIn(graph, cx)
      return { graph: result, taken, declines }
    })
  },
}
