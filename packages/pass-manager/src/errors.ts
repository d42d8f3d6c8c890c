import { NnfuseError } from '@nnfuse/ir'

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

export const passFailed = (pass: string, before: readonly string[], cause: unknown): NnfuseError => {
  const after = before.length === 0 ? 'as the first pass' : `after ${before.join(', ')}`
  const message = cause instanceof Error ? cause.message : String(cause)
  return new NnfuseError('PASS_FAILED', `pass "${pass}" failed ${after}: ${message}`, { path: pass, cause })
}

export const conditionFailed = (pass: string, which: 'requires' | 'ensures', reason: string): NnfuseError =>
  new NnfuseError('PASS_CONDITION', `pass "${pass}" ${which} what does not hold: ${reason}`, { path: pass })

export const badLimit = (max: number): NnfuseError =>
  new NnfuseError('BAD_LIMIT', `repeat needs a whole number of rounds of at least 1, got ${max}`)
