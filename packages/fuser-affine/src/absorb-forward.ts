import type { ValueId } from '@nnfuse/ir'
import { type Declined, decline, isDeclined } from '@nnfuse/matcher'
import type { Absorbed } from './absorb-back.js'
import { absorbInput, type Taken } from './absorb-input.js'
import type { Affine } from './affine.js'
import { because, callIn, checkShared, checkWatched, type Editing, moduleIn, nameIn } from './editing.js'
import { moveForward } from './move-forward.js'
import { looksAtShapeOnly } from './opaque-op.js'

/** A value that goes through an affine function after it is made. */
interface Pending {
  readonly value: ValueId
  readonly affine: Affine
}

const handOn = (editing: Editing, user: number, { value, affine }: Pending): Pending | Declined => {
  const { outputs } = callIn(editing, user)
  const result = editing.gone.has(user)
    ? affine
    : moveForward(
        moduleIn(editing, user),
        affine,
        editing.typeOf(value),
        editing.typeOf(outputs[0] as ValueId),
      )
  if (result === undefined) return decline(`nothing is moved past ${nameIn(editing, user)}`)
  if (typeof result === 'string') return because(editing, user, result)
  return { value: outputs[0] as ValueId, affine: result }
}

/** What a layer that uses a value does: takes the function up, or hands it on to its output. */
const step = (
  editing: Editing,
  pending: Pending,
  user: number,
  absorbed: Map<number, Taken>,
): Pending | undefined | Declined => {
  const { inputs } = callIn(editing, user)
  if (inputs.filter((input) => input === pending.value).length > 1)
    return because(editing, user, 'it uses the value twice')
  const watched = checkWatched(editing, user)
  if (watched !== true) return watched
  const { exact, typeOf } = editing
  const taken =
    inputs[0] === pending.value
      ? absorbInput(moduleIn(editing, user), pending.affine, typeOf(pending.value), exact)
      : undefined
  if (typeof taken === 'string') return because(editing, user, taken)
  if (taken === undefined) return handOn(editing, user, pending)
  const shared = checkShared(editing, user)
  if (shared !== true) return shared
  absorbed.set(user, taken)
  return undefined
}

/** Moves an affine function forward from the value that it gives, until every layer that gets it takes it up. */
export const absorbForward = (editing: Editing, value: ValueId, affine: Affine): Absorbed | Declined => {
  const { index } = editing.flow
  const absorbed = new Map<number, Taken>()
  const stack: Pending[] = [{ value, affine }]
  for (let pending = stack.pop(); pending !== undefined; pending = stack.pop()) {
    if (index.isOutput(pending.value)) return decline(`"${pending.value}" is an output of the model`)
    for (const user of index.usersOf(pending.value)) {
      if (looksAtShapeOnly(moduleIn(editing, user))) continue
      const further = step(editing, pending, user, absorbed)
      if (isDeclined(further)) return further
      if (further !== undefined) stack.push(further)
    }
  }
  if (absorbed.size === 0) return decline('nothing uses it')
  const isReal = [...absorbed.values()].every(({ exactness }) => exactness === 'real')
  return {
    modules: new Map([...absorbed].map(([position, { module }]) => [position, module])),
    exactness: isReal ? 'real' : 'border',
  }
}
