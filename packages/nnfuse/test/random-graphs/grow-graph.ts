import {
  Add,
  type AnyModule,
  Cat,
  Constant,
  floatTensor,
  type GraphModuleOf,
  hook,
  Mul,
  ReLU,
  Sequential,
  Sigmoid,
  Sub,
  Tanh,
  type Tensor,
  withAttrs,
  withHooks,
  withTraining,
} from '@nnfuse/ir'
import { type Dice, diceOf } from './dice.js'
import { scalingHook, scalingPreHook } from './hooks.js'
import { activation, anyLayer, batchNorm, type Shape, weighted } from './layers.js'
import type { Recipe, Step } from './recipe.js'
import { Scope, shapesGiven, type Value } from './scope.js'

interface Growing {
  readonly scope: Scope
  readonly step: Step
  readonly dice: Dice
  readonly trains: boolean
}

/** Now and then a module trains or is watched by hooks that change what flows. */
const dressed = (module: AnyModule, { dice, trains }: Pick<Growing, 'dice' | 'trains'>): AnyModule => {
  const inMode = withTraining(module, trains && dice.oneIn(4))
  if (!dice.oneIn(20)) return inMode
  const [before, after] = [dice.oneIn(2), dice.oneIn(2)]
  return withHooks(inMode, {
    forwardPre: before ? [hook(scalingPreHook)] : [],
    forward: after || !before ? [hook(scalingHook)] : [],
  })
}

const applyDressed = (state: Growing, module: AnyModule, ...inputs: readonly Value[]) =>
  state.scope.apply(dressed(module, state), ...inputs)

const onValue = ({ scope, step }: Growing): Value => scope.value(step.on)

const partnerOf = ({ scope, step }: Growing, { shape }: Value): Value => {
  const fitting = scope.ofShape(shape)
  return fitting[step.other % fitting.length] as Value
}

const addLayer = (state: Growing): void => {
  const value = onValue(state)
  applyDressed(state, anyLayer(value.shape, state.dice), value)
}

/** A layer, a batch-norm, an activation: what most rules look for; one of them is left out now and then. */
const addBlock = (state: Growing): void => {
  const { dice } = state
  let value = onValue(state)
  for (const make of [weighted, batchNorm, activation]) {
    if (dice.oneIn(5)) continue
    const made = applyDressed(state, make(value.shape, dice), value)
    value = made?.[0] ?? value
  }
}

/** A module that is there already is called once more. */
const callAgain = (state: Growing): void => {
  const { scope, step } = state
  const value = onValue(state)
  const [one, two] = [scope.thatTake(value.shape), scope.thatTake(value.shape, value.shape)]
  const child = [...one, ...two][step.other % Math.max(1, one.length + two.length)]
  if (child === undefined) addBlock(state)
  else if (child.takes.length === 1) scope.call(child, value)
  else scope.call(child, value, partnerOf(state, value))
}

/** The same weights in a second module, perhaps with another bias. */
const shareWeights = (state: Growing): void => {
  const { scope, step, dice } = state
  const value = onValue(state)
  const fitting = scope.thatTake(value.shape).filter(({ module }) => module.children.size === 0)
  const child = fitting[step.other % Math.max(1, fitting.length)]
  if (child === undefined) {
    addBlock(state)
    return
  }
  const { bias } = child.module.attrs as { bias?: Tensor | null }
  const otherBias = bias && dice.oneIn(2) ? { bias: dice.tensor(bias.shape, -1, 1) } : {}
  scope.apply(withAttrs(child.module, otherBias), value)
}

const addBinary = (state: Growing): void => {
  const { scope, dice } = state
  const value = onValue(state)
  const operands = dice.oneIn(2) ? [value, partnerOf(state, value)] : [partnerOf(state, value), value]
  const kind = dice.pick([Add, Add, Add, Mul, Sub, Cat])
  const shared = scope.children.find(({ module }) => kind.is(module))
  const canShare =
    shared &&
    shapesGiven(
      shared.module,
      operands.map(({ shape }) => shape),
    )
  if (canShare && dice.oneIn(2)) scope.call(shared, ...(operands as [Value, Value]))
  else applyDressed(state, kind(), ...operands)
}

/** A layer that gives what it takes, after a few tries; else any. */
const shapeKeeping = (shape: Shape, dice: Dice): AnyModule => {
  let layer = weighted(shape, dice)
  for (let tries = 0; tries < 8 && String(shapesGiven(layer, [shape])) !== String(shape); tries += 1)
    layer = weighted(shape, dice)
  return layer
}

/** `x * sigmoid(x)`, and `tanh(x) * sigmoid(x)`, which some rules look for; or something that looks like it. */
const addGate = (state: Growing): void => {
  const { scope, dice } = state
  const value = onValue(state)
  const [made = value] = dice.oneIn(2) ? [] : (applyDressed(state, weighted(value.shape, dice), value) ?? [])
  const [gate = made] = applyDressed(state, Sigmoid(), made) ?? []
  const other = dice.pick([
    () => made,
    () => applyDressed(state, Tanh(), made)?.[0] ?? made,
    () => partnerOf(state, made),
  ])()
  scope.apply(dice.pick([Mul, Mul, Sub])(), ...(dice.oneIn(2) ? [gate, other] : [other, gate]))
}

/** A layer and what is added to what it gives, or taken from it, perhaps with a ReLU behind. */
const addResidual = (state: Growing): void => {
  const { scope, dice } = state
  const value = onValue(state)
  const [made] = applyDressed(state, shapeKeeping(value.shape, dice), value) ?? []
  if (made === undefined) return
  const others = scope.ofShape(made.shape)
  const operands = dice.oneIn(2) ? [made, dice.pick(others)] : [dice.pick(others), made]
  const [sum] = applyDressed(state, dice.pick([Add, Add, Sub])(), ...operands) ?? []
  if (sum !== undefined && dice.oneIn(2)) applyDressed(state, ReLU(), sum)
}

/** Layers beside each other that are given the same, perhaps added. */
const addBranches = (state: Growing): void => {
  const { dice } = state
  const value = onValue(state)
  const [left] = applyDressed(state, shapeKeeping(value.shape, dice), value) ?? []
  const second = dice.pick([shapeKeeping, shapeKeeping, batchNorm])(value.shape, dice)
  const [right] = applyDressed(state, second, value) ?? []
  if (left === undefined || right === undefined) return
  if (String(left.shape) === String(right.shape) && dice.oneIn(2)) applyDressed(state, Add(), left, right)
  else applyDressed(state, activation(left.shape, dice), left)
}

/** `a * c + b * c` */
const addFactored = (state: Growing): void => {
  const { scope, dice } = state
  const a = onValue(state)
  const [b, c] = [partnerOf(state, a), dice.pick(scope.ofShape(a.shape))]
  const [left] = scope.apply(Mul(), ...(dice.oneIn(2) ? [a, c] : [c, a])) ?? []
  const [right] = scope.apply(Mul(), ...(dice.oneIn(2) ? [b, c] : [c, b])) ?? []
  if (left !== undefined && right !== undefined) scope.apply(Add(), left, right)
}

const addConstant = (state: Growing): void => {
  const { scope, dice } = state
  const value = onValue(state)
  const shared = scope.children.find(({ module }) => Constant.is(module))
  const child =
    shared && dice.oneIn(2) ? shared : scope.add(Constant(floatTensor([dice.pick([0.5, 2])], [])), [])
  const [number] = scope.call(child)
  const operands = dice.oneIn(2) ? [value, number] : [number, value]
  scope.apply(dice.pick([Mul, Mul, Add])(), ...(operands as [Value, Value]))
}

const chainOf = (shape: Shape, state: Growing): AnyModule => {
  const layers: AnyModule[] = []
  let current = shape
  for (const { seed } of state.step.inner) {
    const dice = diceOf(seed)
    const layer = dressed(anyLayer(current, dice), { ...state, dice })
    const [given] = shapesGiven(layer, [current]) ?? []
    if (given === undefined) continue
    layers.push(layer)
    current = given
  }
  return Sequential(layers.length === 0 ? [ReLU()] : layers)
}

const addContainer = (state: Growing): void => {
  const { step, dice, trains } = state
  const value = onValue(state)
  if (dice.oneIn(3)) {
    applyDressed(state, chainOf(value.shape, state), value)
    return
  }
  const inputs = dice.oneIn(2) ? [value] : [value, partnerOf(state, value)]
  const inner = grow(
    inputs.map(({ shape }) => shape),
    step.inner,
    trains,
  )
  applyDressed(state, inner, ...inputs)
}

const markOutput = ({ scope, step }: Growing): void => {
  scope.outputs.push(scope.value(step.other).id)
}

const weightedActions: readonly (readonly [weight: number, act: (state: Growing) => void])[] = [
  [5, addLayer],
  [6, addBlock],
  [5, callAgain],
  [2, shareWeights],
  [3, addBinary],
  [2, addGate],
  [4, addResidual],
  [2, addBranches],
  [1, addFactored],
  [2, addConstant],
  [4, addContainer],
  [2, markOutput],
]

const actions = weightedActions.flatMap(([weight, act]) => new Array<typeof act>(weight).fill(act))

function grow(shapes: readonly Shape[], steps: readonly Step[], trains: boolean): GraphModuleOf {
  const scope = new Scope(shapes)
  for (const step of steps) {
    const act = actions[step.what % actions.length] as (typeof actions)[number]
    act({ scope, step, dice: diceOf(step.seed), trains })
  }
  return scope.toGraph()
}

/** The network that a recipe describes, and the shapes of its inputs. */
export const growGraph = ({ shape, inputs, steps, trains }: Recipe) => {
  const shapes = new Array<Shape>(inputs).fill(shape)
  return { model: grow(shapes, steps, trains), inputs: shapes }
}
