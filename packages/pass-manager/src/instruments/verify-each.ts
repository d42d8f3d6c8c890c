import type { AnyModule } from '@nnfuse/ir'
import { checkModel } from '../check-model.js'
import { notWellFormed } from '../errors.js'
import type { Instrument } from '../instrument.js'

const check = (model: AnyModule, what: string): void => {
  try {
    checkModel(model)
  } catch (cause) {
    throw notWellFormed(what, cause)
  }
}

/**
 * Checks that graphs are well formed: those of the model that is given, and again after each pass that changes it.
 * The run fails, `PASS_FAILED` caused by `BAD_MODEL`, at the pass that broke them.
 */
export const verifyEach = (): Instrument => ({
  beforePass: ({ path, before }) => {
    if (path.length === 1) check(before, 'the model that was given')
  },
  afterPass: ({ pass, after, changed }) => {
    if (changed && pass.parts === undefined) check(after, `what "${pass.name}" made`)
  },
})
