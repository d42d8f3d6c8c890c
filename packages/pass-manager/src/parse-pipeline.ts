import { badPipeline, duplicatePass, unknownPass } from './errors.js'
import { nearestNames } from './nearest-names.js'
import type { Pass, RepeatLimits } from './pass.js'
import { pipeline, repeat } from './pipeline.js'

interface Token {
  /** A name as it was meant, or a mark as it is written; '' for the end. */
  readonly text: string
  readonly is: 'word' | 'quoted' | 'mark' | 'end'
  /** Its first character, counted from 1. */
  readonly at: number
}

const token = /("(?:[^"\\]|\\.)*")|([^\s(){},="]+)|([(){},=])/y

const unquoted = (quoted: string, at: number): string => {
  try {
    return JSON.parse(quoted)
  } catch (cause) {
    throw badPipeline(`${quoted} is no string as in JSON`, at, cause)
  }
}

const tokenAt = (text: string, start: number): { token: Token; end: number } => {
  token.lastIndex = start
  const found = token.exec(text)
  const at = start + 1
  if (found === null) throw badPipeline('a quoted name does not end', at)
  const [all, quoted, word] = found
  const end = start + all.length
  if (quoted !== undefined) return { token: { text: unquoted(quoted, at), is: 'quoted', at }, end }
  return { token: { text: all, is: word === undefined ? 'mark' : 'word', at }, end }
}

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = []
  for (let start = text.search(/\S/); start >= 0 && start < text.length; ) {
    const { token, end } = tokenAt(text, start)
    tokens.push(token)
    const gap = text.slice(end).search(/\S/)
    start = gap < 0 ? text.length : end + gap
  }
  return [...tokens, { text: '', is: 'end', at: text.length + 1 }]
}

const shown = ({ text, is }: Token): string =>
  is === 'end' ? 'the text ends' : `found ${JSON.stringify(text)}`

/** What has been read of a text, and what a name in it means. */
interface Reader {
  readonly tokens: readonly Token[]
  next: number
  readonly passes: ReadonlyMap<string, Pass>
}

const peek = ({ tokens, next }: Reader): Token => tokens[next] as Token

const take = (reader: Reader): Token => {
  const token = peek(reader)
  if (token.is !== 'end') reader.next += 1
  return token
}

const skips = (reader: Reader, mark: string): boolean => {
  const { text, is } = peek(reader)
  const found = is === 'mark' && text === mark
  if (found) reader.next += 1
  return found
}

const expectMark = (reader: Reader, mark: string, ...others: readonly string[]): void => {
  if (skips(reader, mark)) return
  const wanted = [mark, ...others].map((each) => `"${each}"`).join(' or ')
  throw badPipeline(`expected ${wanted}, but ${shown(peek(reader))}`, peek(reader).at)
}

/** `(a,b)`, and what each of a and b is. */
const readList = <T>(reader: Reader, [open, close]: readonly [string, string], read: () => T): T[] => {
  const items: T[] = []
  expectMark(reader, open)
  if (skips(reader, close)) return items
  do items.push(read())
  while (skips(reader, ','))
  expectMark(reader, close, ',')
  return items
}

const limitNames: readonly string[] = ['max', 'changes'] satisfies (keyof RepeatLimits)[]

const readLimit = (reader: Reader): [string, number] => {
  const name = take(reader)
  if (name.is !== 'word' || !limitNames.includes(name.text)) {
    throw badPipeline(`expected a limit, ${limitNames.join(' or ')}, but ${shown(name)}`, name.at)
  }
  expectMark(reader, '=')
  const value = take(reader)
  if (value.is !== 'word' || !/^[1-9]\d*$/.test(value.text) || !Number.isSafeInteger(Number(value.text))) {
    throw badPipeline(`expected a whole number of at least 1, but ${shown(value)}`, value.at)
  }
  return [name.text, Number(value.text)]
}

const readRepeat = (reader: Reader): Pass => {
  const { at } = peek(reader)
  const limits = readList(reader, ['{', '}'], () => readLimit(reader))
  const { max, ...others } = Object.fromEntries(limits)
  if (max === undefined) throw badPipeline('repeat has no limit "max"', at)
  if (new Set(limits.map(([name]) => name)).size < limits.length) {
    throw badPipeline('repeat has a limit twice', at)
  }
  const list = peek(reader).at
  const passes = readPasses(reader)
  if (passes.length === 0) throw badPipeline('repeat has nothing to repeat', list)
  return repeat({ max, ...others }, ...passes)
}

const readPasses = (reader: Reader): Pass[] => readList(reader, ['(', ')'], () => readPass(reader))

const named = ({ passes }: Reader, { text, at }: Token): Pass => {
  const pass = passes.get(text)
  if (pass === undefined) throw unknownPass(text, at, nearestNames(text, passes.keys()), passes.keys())
  return pass
}

const readPass = (reader: Reader): Pass => {
  const token = take(reader)
  if (token.is === 'quoted') return named(reader, token)
  if (token.is !== 'word') throw badPipeline(`expected a pass, but ${shown(token)}`, token.at)
  if (token.text === 'pipeline') return pipeline(...readPasses(reader))
  return token.text === 'repeat' ? readRepeat(reader) : named(reader, token)
}

const byName = (passes: readonly Pass[]): ReadonlyMap<string, Pass> => {
  const known = new Map<string, Pass>()
  for (const pass of passes) {
    if ((known.get(pass.name) ?? pass) !== pass) throw duplicatePass(pass.name)
    known.set(pass.name, pass)
  }
  return known
}

/**
 * Reads what `printPipeline` writes; white space between the parts is free.
 *
 * @param passes what the names in the text mean
 * @throws NnfuseError `BAD_PIPELINE` saying what is wrong at which character, with the nearest names that are known;
 *   `DUPLICATE_PASS` where two passes have one name.
 */
export const parsePipeline = (text: string, passes: readonly Pass[]): Pass => {
  const reader: Reader = { tokens: tokensOf(text), next: 0, passes: byName(passes) }
  const pass = readPass(reader)
  const rest = peek(reader)
  if (rest.is !== 'end') throw badPipeline(`expected the end, but ${shown(rest)}`, rest.at)
  return pass
}
