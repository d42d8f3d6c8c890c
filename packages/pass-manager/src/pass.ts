import type { AnyModule } from '@nnfuse/ir'
import type { Decline, Rule } from '@nnfuse/matcher'
import { badLimit, conditionFailed, passFailed } from './errors.js'
import type { Applied, PassReport } from './report.js'

/** What passes write about themselves. Only the pass manager reads it back. */
export interface PassLog {
  readonly applied: Applied[]
  readonly tried: Map<string, number>
  /** What rules declined, a list for each round of fusing. */
  readonly rounds: (readonly Decline[])[]
  readonly dropped: string[]
  readonly passes: PassReport[]
}

export interface PassContext {
  /** The rules of all plugins, in order, overridden ones left out. */
  readonly rules: readonly Rule[]
  readonly log: PassLog
}

/** One step over a model. Returns the same module where it changes nothing. */
export interface Pass {
  readonly name: string
  readonly description: string
  /** What must hold before: true, or what is wrong. */
  readonly requires?: (model: AnyModule) => true | string
  readonly run: (model: AnyModule, cx: PassContext) => AnyModule
  /** What holds after: true, or what is wrong. */
  readonly ensures?: (model: AnyModule) => true | string
}

const check = (pass: Pass, which: 'requires' | 'ensures', model: AnyModule): void => {
  const verdict = pass[which]?.(model) ?? true
  if (verdict !== true) throw conditionFailed(pass.name, which, verdict)
}

/** Runs one pass between its conditions and notes that it ran. */
export const runPass = (pass: Pass, model: AnyModule, cx: PassContext): AnyModule => {
  check(pass, 'requires', model)
  const result = pass.run(model, cx)
  check(pass, 'ensures', result)
  cx.log.passes.push({ pass: pass.name, changed: result !== model })
  return result
}

/**
 * Passes one after the other, as a pass.
 *
 * @throws NnfuseError `PASS_FAILED` naming the pass that failed and those before it.
 */
export const pipeline = (...passes: readonly Pass[]): Pass => ({
  name: `pipeline(${passes.map((pass) => pass.name).join(',')})`,
  description: 'Runs passes one after the other',
  run: (model, cx) => {
    let result = model
    const before: string[] = []
    for (const pass of passes) {
      try {
        result = runPass(pass, result, cx)
      } catch (cause) {
        throw passFailed(pass.name, before, cause)
      }
      before.push(pass.name)
    }
    return result
  },
})

/**
 * A pass again and again until it changes nothing or the limit is reached; the log says which.
 *
 * @throws NnfuseError `BAD_LIMIT` for a limit below 1.
 */
export const repeat = ({ max }: { max: number }, pass: Pass): Pass => {
  if (!Number.isInteger(max) || max < 1) throw badLimit(max)
  const name = `repeat{max=${max}}(${pass.name})`
  return {
    name,
    description: `${pass.description}, until nothing changes`,
    run: (model, cx) => {
      let result = model
      for (let rounds = 1; ; rounds += 1) {
        const next = runPass(pass, result, cx)
        const unchanged = next === result
        result = next
        if (!unchanged && rounds < max) continue
        const stopped = unchanged ? 'unchanged' : 'limit'
        cx.log.passes.push({ pass: name, changed: result !== model, rounds, stopped })
        return result
      }
    },
  }
}
