import type { Note } from '@nnfuse/ir'
import type { Plan } from '@nnfuse/matcher'
import { staysFloat } from './qat-swaps.js'

/** Which layers stay in float, and why; but not those of which the mapping says so. */
export const floatNotes = ({ declines }: Plan): Note[] =>
  declines
    .filter(({ reason }) => reason !== staysFloat)
    .map(({ paths: [path = ''], reason }) => ({ path, what: 'a layer that stays in float', reason }))
