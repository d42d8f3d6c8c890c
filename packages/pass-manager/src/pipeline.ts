import type { AnyModule } from '@nnfuse/ir'
import { badLimit, nothingToRepeat } from './errors.js'
import type { Pass, PassContext, PassLog, PassParts, RepeatLimits } from './pass.js'
import { textOf } from './print-pipeline.js'
import type { PassReport } from './report.js'
import { following, runPass } from './run-pass.js'

/**
 * Passes one after the other, as a pass.
 *
 * @throws NnfuseError `PASS_FAILED` naming the pass that failed and those before it.
 */
export const pipeline = (...passes: readonly Pass[]): Pass => {
  const parts: PassParts = { kind: 'pipeline', passes }
  return {
    name: textOf(parts),
    description: 'Runs passes one after the other',
    parts,
    run: (model, cx) => {
      let result = model
      const before: string[] = []
      for (const pass of passes) {
        result = runPass(pass, result, following(cx, before))
        before.push(pass.name)
      }
      return result
    },
  }
}

const checkLimits = (limits: RepeatLimits): void => {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) throw badLimit(name, limit)
  }
}

const changesIn = (log: PassLog): number => log.applied.length + log.dropped.length

type Stop = Pick<PassReport, 'stopped' | 'limit'>

interface Round {
  readonly unchanged: boolean
  readonly rounds: number
  readonly changes: number
}

const stopAfter = ({ unchanged, rounds, changes }: Round, limits: RepeatLimits): Stop | undefined => {
  if (unchanged) return { stopped: 'unchanged' }
  if (rounds >= limits.max) return { stopped: 'limit', limit: 'max' }
  if (changes >= (limits.changes ?? Number.POSITIVE_INFINITY)) return { stopped: 'limit', limit: 'changes' }
  return undefined
}

const earlier = (rounds: number, name: string): string[] =>
  rounds === 0 ? [] : [`${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${name}`]

/** The `repeat` that a pass begins with, if it does. */
const headOf = (pass: Pass): Pass | undefined => {
  const { parts } = pass
  if (parts?.kind === 'repeat') return pass
  return parts?.passes[0] && headOf(parts.passes[0])
}

/** Where a body's first `repeat` found nothing to change any more, and nothing was changed since, it would not again. */
const isSettled = (body: Pass, result: AnyModule, settled: PassLog['settled']): boolean =>
  settled.find(({ name }) => name === headOf(body)?.name)?.model === result

const repeated = (name: string, body: Pass, limits: RepeatLimits, model: AnyModule, cx: PassContext) => {
  const { log } = cx
  const start = changesIn(log)
  let result = model
  for (let rounds = 1; ; rounds += 1) {
    const known = log.settled.length
    const next = runPass(body, result, following(cx, earlier(rounds - 1, name)))
    const isDone = next === result || isSettled(body, next, log.settled.slice(known))
    const round = { unchanged: isDone, rounds, changes: changesIn(log) - start }
    result = next
    const stop = stopAfter(round, limits)
    if (stop === undefined) continue
    if (stop.stopped === 'unchanged') log.settled.push({ name, model: result })
    cx.log.passes.push({ pass: name, changed: result !== model, rounds, ...stop })
    return result
  }
}

/**
 * A pass, or several one after the other, again and again until a round changes nothing or a limit is reached; the
 * log says which.
 *
 * @throws NnfuseError `BAD_LIMIT` for a limit below 1 or no pass.
 */
export const repeat = (limits: RepeatLimits, ...passes: readonly Pass[]): Pass => {
  checkLimits(limits)
  const [first, ...others] = passes
  if (first === undefined) throw nothingToRepeat()
  const body = others.length === 0 ? first : pipeline(...passes)
  const parts: PassParts = { kind: 'repeat', passes, limits }
  const name = textOf(parts)
  return {
    name,
    description: `${body.description}, until nothing changes`,
    parts,
    run: (model, cx) => repeated(name, body, limits, model, cx),
  }
}
