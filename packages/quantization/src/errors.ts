import { listNames, NnfuseError } from '@nnfuse/ir'

export const badQuantSpec = (message: string): NnfuseError =>
  new NnfuseError('BAD_QUANT_SPEC', message, {
    hint: 'The range of integers must lie within the dtype and hold the zero point.',
  })

export const badBlockSize = (blockSize: number): NnfuseError =>
  new NnfuseError('BAD_QUANT_SPEC', `a block of ${blockSize} inputs is none`, {
    hint: 'Choose a whole number; runtimes have kernels for 16, 32, 64 and 128.',
  })

export const badObserver = (message: string): NnfuseError => new NnfuseError('BAD_OBSERVER', message)

/** NaN would make every later range NaN, without a word. */
export const nanObserved = (): NnfuseError =>
  new NnfuseError('NAN_OBSERVED', 'the observed values hold NaN', {
    hint: 'Look for the layer before this one that computes it; there is no range that holds NaN.',
  })

export const cannotMerge = (observer: string, reason: string): NnfuseError =>
  new NnfuseError('CANNOT_MERGE', `states of the ${observer} observer cannot be merged: ${reason}`, {
    hint: 'Calibrate with a min-max, histogram or percentile observer, whose result is the same in any order.',
  })

export const observersDiffer = (path: string, names: Iterable<string>): NnfuseError =>
  new NnfuseError('CANNOT_MERGE', `"${path}" was observed by ${listNames(names)}`, {
    path,
    hint: 'Prepare the model alike on every machine.',
  })

export const notObserved = (path: string): NnfuseError =>
  new NnfuseError('NOT_OBSERVED', `nothing has been observed at "${path}", so its range is not known`, {
    path,
    hint: 'Run the prepared model on some inputs first, with observers enabled, and convert the model that run() returns.',
  })

export const badQConfig = (message: string): NnfuseError =>
  new NnfuseError('BAD_QCONFIG', message, {
    hint: 'A qconfig is { activation, weight }; see qconfigs for some that are made already.',
  })

export const badQatParts = (kind: string, message: string): NnfuseError =>
  new NnfuseError('BAD_QAT_PARTS', `${kind}: ${message}`)

export const noBatches = (): NnfuseError =>
  new NnfuseError('NO_BATCHES', 'there are no inputs to calibrate with', {
    hint: 'Give at least one batch; some hundred inputs like those of later are usual.',
  })

/** What an observer throws, with the place of the observer. */
export const observingFailed = (path: string, cause: unknown): unknown => {
  if (!(cause instanceof NnfuseError)) return cause
  const { code, message, hint } = cause
  return new NnfuseError(code, `"${path}": ${message}`, { path, cause, ...(hint !== undefined && { hint }) })
}
