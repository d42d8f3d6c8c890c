import type { Pass, PassParts, RepeatLimits } from './pass.js'

/** What the text of a pipeline says itself; a pass of such a name is quoted. */
const isWord = (name: string): boolean => name === 'pipeline' || name === 'repeat'

const nameText = (name: string): string =>
  /^[^\s(){},="]+$/.test(name) && !isWord(name) ? name : JSON.stringify(name)

const limitsText = ({ max, changes }: RepeatLimits): string =>
  changes === undefined ? `{max=${max}}` : `{max=${max},changes=${changes}}`

const headOf = (parts: PassParts): string =>
  parts.kind === 'pipeline' ? 'pipeline' : `repeat${limitsText(parts.limits)}`

export const textOf = (parts: PassParts): string =>
  `${headOf(parts)}(${parts.passes.map(printPipeline).join(',')})`

/** Spread and renamed, a pipeline is a pass of its own, which its parts do not describe. */
const isMadeOf = (pass: Pass, parts: PassParts): boolean => pass.name === textOf(parts)

/** A pass without the passes in it: `repeat{max=4}`. */
export const labelOf = (pass: Pass): string =>
  pass.parts !== undefined && isMadeOf(pass, pass.parts) ? headOf(pass.parts) : pass.name

/**
 * A pipeline as text: `pipeline(flatten,repeat{max=4}(fuse,drop-identity),verify)`. Other passes are their names,
 * quoted as in JSON where they are empty, hold white space or one of `(){},="`, or are `pipeline` or `repeat`.
 */
export const printPipeline = (pass: Pass): string =>
  pass.parts !== undefined && isMadeOf(pass, pass.parts) ? pass.name : nameText(pass.name)
