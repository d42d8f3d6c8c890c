import { Add, type AnyModule, Div, decode, Mul, peekBytes, Sub, type ValueType } from '@nnfuse/ir'
import type { Exactness } from '@nnfuse/matcher'
import { stretchesNothing } from './stretches-nothing.js'

/** The input that a layer gives back, and how exactly. */
export interface GivenBack {
  /** Its place among the layer's inputs. */
  readonly input: number
  readonly exactness: Exactness
}

/** A number that leaves the other operand of a layer as it is. */
interface Neutral {
  readonly is: (module: AnyModule) => boolean
  readonly value: number
  readonly commutes: boolean
  readonly exactness: Exactness
}

/** What is added to -0 makes it 0 unless it is -0, too; no other number changes. */
const neutrals: readonly Neutral[] = [
  { is: Mul.is, value: 1, commutes: true, exactness: 'bits' },
  { is: Div.is, value: 1, commutes: false, exactness: 'bits' },
  { is: Sub.is, value: 0, commutes: false, exactness: 'bits' },
  { is: Add.is, value: -0, commutes: true, exactness: 'bits' },
  { is: Add.is, value: 0, commutes: true, exactness: 'real' },
]

/** In bytes: what is said for each channel, not for each element. */
const longest = 16_384

/** The one value of all elements of a constant; undefined where there are several, or none at hand. */
const onlyValue = ({ value }: ValueType): number | undefined => {
  const bytes = value && peekBytes(value)
  if (
    value === undefined ||
    value.approximate ||
    bytes === undefined ||
    bytes.length > longest ||
    value.dtype === 'string'
  )
    return undefined
  const [first, ...rest] = Array.from(decode(bytes, value.dtype) as ArrayLike<number | bigint>, Number)
  return rest.every((element) => Object.is(element, first)) ? first : undefined
}

/** The operand that arithmetic with a constant leaves as it is; undefined where it computes something. */
export const unchangedOperand = (module: AnyModule, inputs: readonly ValueType[]): GivenBack | undefined => {
  const [a, b] = inputs
  if (a === undefined || b === undefined) return undefined
  for (const { is, value, commutes, exactness } of neutrals) {
    if (!is(module)) continue
    if (Object.is(onlyValue(b), value) && stretchesNothing(b.shape, a.shape)) return { input: 0, exactness }
    const isFirst = commutes && Object.is(onlyValue(a), value) && stretchesNothing(a.shape, b.shape)
    if (isFirst) return { input: 1, exactness }
  }
  return undefined
}
