import { decomposed } from './decomposed.js'
import { direct } from './direct.js'
import { dtypes } from './dtypes.js'
import { encodings } from './encodings.js'
import type { FusionCase } from './fusion-case.js'
import { matrices } from './matrices.js'
import { moved } from './moved.js'
import { opsets } from './opsets.js'
import { runTime } from './run-time.js'
import { shared } from './shared.js'
import { structure } from './structure.js'
import { traps } from './traps.js'

const inOrder = new Intl.Collator('en', { numeric: true })

/** All cases, by their ids. */
export const cases: readonly FusionCase[] = [
  ...direct,
  ...matrices,
  ...decomposed,
  ...moved,
  ...traps,
  ...shared,
  ...encodings,
  ...dtypes,
  ...runTime,
  ...opsets,
  ...structure,
].sort((a, b) => inOrder.compare(a.id, b.id))
