import { Constant, decode, encode, type ModuleOf, peekBytes, type Tensor } from '@nnfuse/ir'
import { isMatching, type Pattern } from 'ts-pattern'
import { printAttrs } from './print-attrs.js'
import { type Slot, type SlotLike, type SlotModule, toSlot } from './slot.js'

/** What a value in a pattern comes from: a layer, or anything at all. The same object twice is the same value. */
export type PatternNode =
  | { readonly slot: Slot; readonly inputs?: readonly ValuePattern[]; readonly name?: string }
  | { readonly any: string }

/** A value in a graph pattern. `C` are the layers that are captured on the way to it, by name. */
export interface ValuePattern<C = unknown> {
  readonly node: PatternNode
  /** Which output of the layer, from 0. */
  readonly output: number
  /** Carries the type only. */
  readonly captures?: C
}

/** What a layer in a graph pattern gives. */
export interface OpPattern<M, C> extends ValuePattern<C> {
  /** Captures the layer: the rewrite is given it under this name. */
  as<const N extends string>(name: N): OpPattern<M, C & { readonly [K in N]: M }>
  /** Another output of a layer that has several. */
  at(output: number): ValuePattern<C>
}

/** Several values that leave a match. */
export interface OutputsPattern<C = unknown> {
  readonly outputs: readonly ValuePattern[]
  /** Carries the type only. */
  readonly captures?: C
}

type CapturesOf<P> = P extends ValuePattern<infer C> ? C : never

/** All captures of several parts of a pattern. */
type Merged<P extends readonly ValuePattern[]> = {
  [I in keyof P]: (captures: CapturesOf<P[I]>) => void
}[number] extends (captures: infer All) => void
  ? All
  : never

const opPattern = <M, C>(node: PatternNode): OpPattern<M, C> => ({
  node,
  output: 0,
  as: (name) => opPattern({ ...node, name } as PatternNode),
  at: (output) => ({ node, output }),
})

/**
 * A layer in a graph pattern, and where its inputs come from. Without inputs it may have any, which then are inputs of
 * the whole match. The operands of a commutative kind (`Add`, `Mul`) match in either order, the written one first.
 *
 * @example `op(Add, op(BatchNorm2d, op(Conv2d).as('conv')).as('bn'), any('shortcut'))`
 */
export const op = <const S extends SlotLike, const I extends readonly ValuePattern[]>(
  slot: S,
  ...inputs: I
): OpPattern<SlotModule<S>, Merged<I>> =>
  opPattern({ slot: toSlot(slot), ...(inputs.length > 0 && { inputs }) })

/**
 * Any value. The same name twice is the same value; the name of a captured layer is what that layer gives.
 *
 * @example `op(Mul, any('x'), op(Sigmoid, any('x')))` is `x * sigmoid(x)`
 */
export const any = (name: string): ValuePattern => ({ node: { any: name }, output: 0 })

const scalarOf = (tensor: Tensor): number | bigint | undefined => {
  if (tensor.dtype === 'string' || tensor.shape.some((size) => size !== 1)) return undefined
  const bytes = peekBytes(tensor)
  return bytes && decode(bytes, tensor.dtype)[0]
}

type NumberPattern = Pattern.Pattern<number | bigint>

/** A number is compared as the tensor's dtype holds it: 0.1 is no float32. */
const asHeld = (value: NumberPattern, { dtype }: Tensor): NumberPattern =>
  typeof value === 'number' && dtype !== 'string'
    ? (decode(encode([value], dtype), dtype)[0] as NumberPattern)
    : value

/**
 * A constant of one element whose number fits a pattern of ts-pattern.
 *
 * @example `op(Mul, any('x'), literal(0.5))`, `literal(P.number.gt(0))`
 */
export const literal = (value: NumberPattern): OpPattern<ModuleOf<typeof Constant>, unknown> => {
  const accepts: Slot['accepts'] = (module) => {
    if (!Constant.is(module)) return false
    const scalar = scalarOf(module.attrs.value)
    return scalar !== undefined && isMatching(asHeld(value, module.attrs.value), scalar)
  }
  return opPattern({ slot: { ...toSlot(Constant), label: printAttrs(value), accepts } })
}

/**
 * Values that leave a match together. What replaces it gives as many, in this order.
 *
 * @example `outputs(op(Linear, any('x')).as('query'), op(Linear, any('x')).as('key'))`
 */
export const outputs = <const V extends readonly ValuePattern[]>(
  ...values: V
): OutputsPattern<Merged<V>> => ({ outputs: values })
