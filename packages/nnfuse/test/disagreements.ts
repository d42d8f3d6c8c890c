import { isDeepStrictEqual } from 'node:util'
import { codeFor } from './error-codes.js'
import type { GoldenCase } from './golden-case.js'
import type { Outcome } from './outcome.js'
import { distance } from './run-on.js'

/** What torch and we can disagree about. */
export type Aspect =
  | 'outcome' // one of the two raised
  | 'error' // both raised, but ours is not the error that stands for torch's
  | 'left behind' // both raised, and left different models
  | 'kinds'
  | 'training'
  | 'state'
  | 'hooks'
  | 'same object'
  | 'output'
  | 'fired'

/** Same entries in the same order. */
const sameRecord = (a: object = {}, b: object = {}): boolean =>
  isDeepStrictEqual(Object.entries(a), Object.entries(b))

const sameSet = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  isDeepStrictEqual([...a].sort(), [...b].sort())

/** Numbers as a golden file holds them. */
export const floats = (base64: string): Float32Array => {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
  return new Float32Array(bytes.buffer)
}

const closeTo = (base64: string, actual: ArrayLike<number> = []): boolean =>
  distance(floats(base64), actual) <= 1e-5

const afterErrors = ({ torch }: GoldenCase, { error, observed }: Outcome): Aspect[] => {
  const expected = codeFor(torch.error as readonly [string, string])
  const rightCode = error?.name === 'NnfuseError' && error.code === expected
  const sameModel = torch.kinds === undefined || sameRecord(torch.kinds, observed.kinds)
  return [...(rightCode ? [] : ['error' as const]), ...(sameModel ? [] : ['left behind' as const])]
}

/** Everything in which our outcome is not torch's. */
export const disagreements = (testCase: GoldenCase, ours: Outcome): Aspect[] => {
  const { torch, inplace = false } = testCase
  if (torch.error !== undefined && ours.error !== undefined) return afterErrors(testCase, ours)
  if (torch.error !== undefined || ours.error !== undefined) return ['outcome']
  const agrees: Readonly<Partial<Record<Aspect, boolean>>> = {
    kinds: sameRecord(torch.kinds, ours.observed.kinds),
    training: sameSet(torch.training, ours.observed.training),
    state: sameRecord(torch.state, ours.observed.state),
    hooks: sameRecord(torch.hooks, ours.observed.hooks),
    'same object': !inplace || torch.same === ours.same,
    output: torch.output === undefined || closeTo(torch.output, ours.output),
    fired: isDeepStrictEqual(torch.fired ?? [], ours.fired),
  }
  return (Object.keys(agrees) as Aspect[]).filter((aspect) => !agrees[aspect])
}
