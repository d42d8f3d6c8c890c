import { listNames, NnfuseError } from '@nnfuse/ir'

export const duplicateRule = (name: string, first: string, second: string): NnfuseError =>
  new NnfuseError('DUPLICATE_RULE', `plugins "${first}" and "${second}" both have a rule "${name}"`, {
    path: name,
    hint: 'Rename one of them, or leave one plugin out.',
  })

export const duplicatePlugin = (name: string): NnfuseError =>
  new NnfuseError('DUPLICATE_PLUGIN', `plugin "${name}" is given twice`, {
    path: name,
    hint: 'Leave one out.',
  })

export const badPlugin = (where: string, problem: string): NnfuseError =>
  new NnfuseError('BAD_PLUGIN', `${where}: ${problem}`, {
    path: where,
    hint: 'A plugin is { name, kinds?, rules?, passes? }; see definePlugin.',
  })

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export const passFailed = (pass: string, before: readonly string[], cause: unknown): NnfuseError => {
  const after = before.length === 0 ? 'as the first pass' : `after ${before.join(', ')}`
  return new NnfuseError('PASS_FAILED', `pass "${pass}" failed ${after}: ${messageOf(cause)}`, {
    path: pass,
    cause,
  })
}

export const conditionFailed = (pass: string, which: 'requires' | 'ensures', reason: string): NnfuseError =>
  new NnfuseError('PASS_CONDITION', `pass "${pass}" ${which} what does not hold: ${reason}`, { path: pass })

const nameOfValue = (value: unknown): string => {
  if (value instanceof Promise) return 'a promise'
  return value === null ? 'null' : typeof value
}

export const badPassResult = (pass: string, result: unknown): NnfuseError => {
  const what = nameOfValue(result)
  return new NnfuseError('BAD_PASS_RESULT', `pass "${pass}" returned no module but ${what}`, {
    path: pass,
    hint: 'Return the module that run was given where nothing changes. A pass cannot be asynchronous.',
  })
}

export const passCycle = (names: readonly string[]): NnfuseError =>
  new NnfuseError('PASS_CYCLE', `passes wait for each other: ${names.join(' -> ')}`, {
    hint: 'An arrow leads from a pass to one that must come after it. Remove a "before" or "after" of one of them.',
  })

export const instrumentFailed = (failure: Error, cause: unknown): NnfuseError =>
  new NnfuseError(
    'INSTRUMENT_FAILED',
    `${failure.message}; an instrument that was told so failed too: ${messageOf(cause)}`,
    { cause: failure },
  )

export const notWellFormed = (what: string, cause: unknown): NnfuseError =>
  new NnfuseError('BAD_MODEL', `${what} is not well formed: ${messageOf(cause)}`, { cause })

export const cannotCompare = (pass: string, cause: unknown): NnfuseError =>
  new NnfuseError(
    'CANNOT_COMPARE',
    `the models before and after pass "${pass}" cannot be compared: ${messageOf(cause)}`,
    { path: pass, cause },
  )

export const badLimit = (name: string, limit: number): NnfuseError =>
  new NnfuseError('BAD_LIMIT', `the "${name}" of repeat must be a whole number of at least 1, got ${limit}`)

export const nothingToRepeat = (): NnfuseError =>
  new NnfuseError('BAD_LIMIT', 'repeat was given no pass to repeat')

export const badPipeline = (problem: string, at: number, cause?: unknown): NnfuseError =>
  new NnfuseError('BAD_PIPELINE', `pipeline text, character ${at}: ${problem}`, {
    path: `character ${at}`,
    hint: 'It looks like pipeline(flatten,repeat{max=4}(fuse,drop-identity),verify).',
    cause,
  })

export const unknownPass = (
  name: string,
  at: number,
  near: readonly string[],
  known: Iterable<string>,
): NnfuseError =>
  new NnfuseError(
    'BAD_PIPELINE',
    `pipeline text, character ${at}: no pass is called ${JSON.stringify(name)}`,
    {
      path: `character ${at}`,
      hint: near.length > 0 ? `Nearest are ${listNames(near)}.` : `There are ${listNames(known) || 'none'}.`,
    },
  )

export const duplicatePass = (name: string): NnfuseError =>
  new NnfuseError('DUPLICATE_PASS', `two passes are called "${name}"`, {
    path: name,
    hint: 'Rename one of them.',
  })
