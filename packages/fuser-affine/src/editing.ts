import {
  type AnyModule,
  type Call,
  hasHooks,
  quantizedOf,
  type Tensor,
  type ValueId,
  type ValueType,
} from '@nnfuse/ir'
import { type Declined, decline, type Exactness, type Flow, type Rule } from '@nnfuse/matcher'

/** A graph while affine functions are taken up in it. Only modules change, so its index stays right. */
export interface Editing {
  readonly flow: Flow
  readonly typeOf: (value: ValueId) => ValueType
  /** The rules that run in the same round. */
  readonly rules: readonly Rule[]
  /** How exact the rewrites must be. */
  readonly exact: Exactness
  /** Layers that have taken something up, by position. */
  readonly changed: Map<number, AnyModule>
  /** Calls whose affine function has been taken up elsewhere: they give back this one of their inputs. */
  readonly gone: Map<number, number>
}

export const moduleIn = ({ flow, changed }: Editing, position: number): AnyModule =>
  changed.get(position) ?? (flow.modules[position] as AnyModule)

export const callIn = ({ flow }: Editing, position: number): Call => flow.graph.attrs.calls[position] as Call

export const typesIn = ({ typeOf }: Editing, values: readonly ValueId[]): ValueType[] => values.map(typeOf)

/** `relu (nn.ReLU)` */
export const nameIn = (editing: Editing, position: number): string =>
  `${callIn(editing, position).target} (${moduleIn(editing, position).kind})`

/** A reason that is about a layer, with the layer's name. */
export const because = (editing: Editing, position: number, reason: string): Declined =>
  decline(`${nameIn(editing, position)}: ${reason}`)

/** Hooks see what their layer is given and gives, which would be something else. */
export const checkWatched = (editing: Editing, position: number): true | Declined =>
  !hasHooks(moduleIn(editing, position).hooks) ||
  because(editing, position, 'its hooks would see other values')

/** What a layer takes up, all its calls would get. */
export const checkShared = (editing: Editing, position: number): true | Declined => {
  const calls = editing.flow.index.callsLike(position).length
  return calls === 1 || because(editing, position, `it is called from ${calls} places`)
}

/** Its weight is integers, which rules that compute another weight leave alone. */
const isQuantized = ({ attrs }: AnyModule): boolean => {
  const { weight } = attrs as { readonly weight?: Tensor | null }
  return weight != null && quantizedOf(weight) !== undefined
}

/** Rules that fold neighbours give the bits that their authors promise, so what they will take is left to them. */
export const isLeftToRules = (editing: Editing, position: number): boolean => {
  const { index } = editing.flow
  const [input] = callIn(editing, position).inputs
  const producer = input === undefined ? undefined : index.producerOf(input)
  if (input === undefined || producer === undefined || editing.gone.has(producer)) return false
  if (index.usersOf(input).length > 1 || index.isOutput(input)) return false
  if (isQuantized(moduleIn(editing, producer))) return false
  const [before, after] = [moduleIn(editing, producer).kind, moduleIn(editing, position).kind]
  return editing.rules.some(
    ({ pattern, slots: [first, second] }) =>
      pattern.isChain && first?.kinds.includes(before) && second?.kinds.includes(after),
  )
}
