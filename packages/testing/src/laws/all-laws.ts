import type { Law } from '../law.js'
import { appliesAsStated } from './applies-as-stated.js'
import { changesNoInput } from './changes-no-input.js'
import { comesToAnEnd } from './comes-to-an-end.js'
import { computesTheSame } from './computes-the-same.js'
import {
  type DeclineLaw,
  declinesWithTheReason,
  leavesDeclinedModelsAlone,
} from './declines-with-the-reason.js'
import { givesThePrintedTree } from './gives-the-printed-tree.js'
import { givesTheSameAgain } from './gives-the-same-again.js'
import { keepsOtherLayers } from './keeps-other-layers.js'
import { leavesAloneWhatOthersUse } from './leaves-alone-what-others-use.js'

/** What holds of every rule on every model, whether it applies there or not. */
export const generalLaws: readonly Law[] = [
  computesTheSame,
  leavesAloneWhatOthersUse,
  changesNoInput,
  givesTheSameAgain,
  comesToAnEnd,
  keepsOtherLayers,
]

/** What a case states about its model, beside the general laws. */
export const statedLaws: readonly Law[] = [appliesAsStated, givesThePrintedTree]

/** What holds where a rule declines. */
export const declineLaws: readonly DeclineLaw[] = [declinesWithTheReason, leavesDeclinedModelsAlone]
