import type { AnyModule, ValueId } from '@nnfuse/ir'
import { type Declined, decline, type Exactness, isDeclined } from '@nnfuse/matcher'
import { absorbOutput } from './absorb-output.js'
import type { Affine } from './affine.js'
import {
  because,
  callIn,
  checkShared,
  checkWatched,
  type Editing,
  isLeftToRules,
  moduleIn,
  nameIn,
  typesIn,
} from './editing.js'
import { type Moved, moveBack } from './move-back.js'
import { looksAtShapeOnly } from './opaque-op.js'

/** The layers that take an affine function up, as they are afterwards. */
export interface Absorbed {
  /** By position. */
  readonly modules: ReadonlyMap<number, AnyModule>
  readonly exactness: Exactness
}

/** A value that must go through an affine function before this call uses it. */
interface Pending {
  readonly value: ValueId
  readonly user: number
  readonly affine: Affine
}

/** Whoever else uses the value would get something else. */
const checkUsers = (editing: Editing, { value, user }: Pending, producer: number): true | Declined => {
  const { flow } = editing
  const { target } = callIn(editing, producer)
  if (flow.index.isOutput(value)) return decline(`the output of ${target} is also an output of the model`)
  const users = flow.index.usersOf(value).filter((position) => !looksAtShapeOnly(moduleIn(editing, position)))
  const [other] = users.filter((position) => position !== user)
  if (other !== undefined)
    return decline(`the output of ${target} is also used by ${flow.graph.attrs.calls[other]?.target}`)
  return (
    users.length === 1 ||
    decline(`the output of ${target} is used twice by ${flow.graph.attrs.calls[user]?.target}`)
  )
}

const moved = (editing: Editing, producer: number, affine: Affine): readonly Moved[] | Declined => {
  const { inputs, outputs } = callIn(editing, producer)
  const types = { inputs: typesIn(editing, inputs), output: editing.typeOf(outputs[0] as ValueId) }
  const result = moveBack(moduleIn(editing, producer), affine, types)
  if (result === undefined) return decline(`nothing is moved past ${nameIn(editing, producer)}`)
  return typeof result === 'string' ? because(editing, producer, result) : result
}

/** What the layer that makes a value does: takes the function up, or hands it on to its inputs. */
const step = (
  editing: Editing,
  pending: Pending,
  absorbed: Map<number, AnyModule>,
): readonly Pending[] | Declined => {
  const producer = editing.flow.index.producerOf(pending.value)
  if (producer === undefined) return decline(`it comes from "${pending.value}", an input of the model`)
  for (const verdict of [checkUsers(editing, pending, producer), checkWatched(editing, producer)]) {
    if (verdict !== true) return verdict
  }
  const { inputs, outputs } = callIn(editing, producer)
  const passed = editing.gone.get(producer)
  if (passed !== undefined)
    return [{ value: inputs[passed] as ValueId, user: producer, affine: pending.affine }]
  const module = moduleIn(editing, producer)
  const taken = absorbOutput(module, pending.affine, editing.typeOf(outputs[0] as ValueId))
  if (typeof taken === 'object') {
    if (isLeftToRules(editing, producer)) return because(editing, producer, 'another rule folds it first')
    const shared = checkShared(editing, producer)
    if (shared !== true) return shared
    absorbed.set(producer, taken)
    return []
  }
  if (typeof taken === 'string') return because(editing, producer, taken)
  const further = moved(editing, producer, pending.affine)
  if (isDeclined(further)) return further
  return further.map(({ input, affine }) => ({ value: inputs[input] as ValueId, user: producer, affine }))
}

/**
 * Moves an affine function of a value back through the layers that make it, until layers take it up on every way.
 *
 * @param user the call that computes the function
 */
export const absorbBack = (
  editing: Editing,
  user: number,
  value: ValueId,
  affine: Affine,
): Absorbed | Declined => {
  const absorbed = new Map<number, AnyModule>()
  const stack: Pending[] = [{ value, user, affine }]
  for (let pending = stack.pop(); pending !== undefined; pending = stack.pop()) {
    const further = step(editing, pending, absorbed)
    if (isDeclined(further)) return further
    stack.push(...further)
  }
  return { modules: absorbed, exactness: 'real' }
}
