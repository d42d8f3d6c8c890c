import type { AnyModule } from '@nnfuse/ir'
import { badPassResult, conditionFailed, instrumentFailed, passFailed } from './errors.js'
import type { FailureInfo, Instrument, PassInfo } from './instrument.js'
import type { Pass, PassContext } from './pass.js'
import { labelOf } from './print-pipeline.js'

/** Where a run stands. */
export interface Position {
  /** The passes around the one that runs, outermost first. */
  readonly path: readonly string[]
  /** The passes that ran before it. */
  readonly before: readonly string[]
  readonly instruments: readonly Instrument[]
  /** Errors of this run that name the pass that failed, so that passes around it add nothing. */
  readonly named: WeakSet<Error>
}

export const startOf = (instruments: readonly Instrument[]): Position => ({
  path: [],
  before: [],
  instruments,
  named: new WeakSet(),
})

const positionOf = (cx: PassContext): Position => cx.position ?? startOf([])

/** The context of a pass that runs after others. */
export const following = (cx: PassContext, passes: readonly string[]): PassContext => {
  const position = positionOf(cx)
  return { ...cx, position: { ...position, before: [...position.before, ...passes] } }
}

const check = (pass: Pass, which: 'requires' | 'ensures', model: AnyModule): void => {
  const verdict = pass[which]?.(model) ?? true
  if (verdict !== true) throw conditionFailed(pass.name, which, verdict)
}

const isModule = (value: unknown): value is AnyModule =>
  typeof value === 'object' && value !== null && 'definition' in value && 'children' in value

const resultOf = (pass: Pass, model: AnyModule, cx: PassContext): AnyModule => {
  check(pass, 'requires', model)
  const result: unknown = pass.run(model, cx)
  if (!isModule(result)) throw badPassResult(pass.name, result)
  check(pass, 'ensures', result)
  return result
}

const watched = (info: PassInfo, position: Position, cx: PassContext): AnyModule => {
  const { pass, path, before } = info
  const { instruments } = position
  for (const instrument of instruments) instrument.beforePass?.(info)
  const after = resultOf(pass, before, { ...cx, position: { ...position, path } })
  const done = { ...info, after, changed: after !== before }
  for (const instrument of [...instruments].reverse()) instrument.afterPass?.(done)
  return after
}

const tellFailure = (instruments: readonly Instrument[], info: FailureInfo): Error => {
  let { error } = info
  for (const instrument of [...instruments].reverse()) {
    try {
      instrument.onFailure?.(info)
    } catch (problem) {
      error = instrumentFailed(error, problem)
    }
  }
  return error
}

const failureOf = (info: PassInfo, { before, named, instruments }: Position, cause: unknown): Error => {
  const innermost = !(cause instanceof Error && named.has(cause))
  const error = innermost ? passFailed(info.pass.name, before, cause) : cause
  const failure = tellFailure(instruments, { ...info, error, innermost })
  named.add(failure)
  return failure
}

/**
 * Runs one pass between its conditions and notes that it ran.
 *
 * @throws NnfuseError `PASS_FAILED` naming the innermost pass that failed and those before it.
 */
export const runPass = (pass: Pass, model: AnyModule, cx: PassContext): AnyModule => {
  const position = positionOf(cx)
  const info: PassInfo = { pass, path: [...position.path, labelOf(pass)], before: model }
  try {
    const result = watched(info, position, cx)
    cx.log.passes.push({ pass: pass.name, changed: result !== model })
    return result
  } catch (cause) {
    throw failureOf(info, position, cause)
  }
}
