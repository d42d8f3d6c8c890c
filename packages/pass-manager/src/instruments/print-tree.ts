import { type AnyModule, print } from '@nnfuse/ir'
import type { Instrument, PassInfo } from '../instrument.js'

/** Where {@link printTree} writes, and when. */
export interface PrintTreeOptions {
  /** Is given several lines, without a line break at the end. */
  readonly write: (text: string) => void
  /** Before each pass, after each pass, or (the default) after each pass that changes something. */
  readonly when?: 'before' | 'after' | 'change'
}

/** Prints the module tree around each pass, pipelines themselves left out. */
export const printTree = ({ write, when = 'change' }: PrintTreeOptions): Instrument => {
  const show = (word: string, { pass, path }: PassInfo, model: AnyModule): void => {
    if (pass.parts === undefined) write(`${word} ${path.join(' > ')}:\n${print(model)}`)
  }
  return {
    beforePass: (info) => {
      if (when === 'before') show('before', info, info.before)
    },
    afterPass: (info) => {
      if (when === 'after' || (when === 'change' && info.changed)) show('after', info, info.after)
    },
  }
}
