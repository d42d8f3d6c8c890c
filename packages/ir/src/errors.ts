/** What every nnfuse package throws: a stable code, the place, and what to do about it. */
export interface NnfuseErrorDetails {
  /** Where in the model or file: a module path, a node name, a byte offset, a file name. */
  readonly path?: string
  /** One sentence that says what to do next. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * An expected failure: bad input, an impossible request, an unreadable file.
 *
 * Compare by `code`, never by `instanceof`: two installed copies of this package must agree.
 */
export class NnfuseError extends Error {
  override readonly name: string = 'NnfuseError'
  readonly code: string
  readonly path: string | undefined
  readonly hint: string | undefined

  constructor(code: string, message: string, details: NnfuseErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.path = details.path
    this.hint = details.hint
  }
}

/** True for an {@link NnfuseError} from any installed copy of this package. */
export const isNnfuseError = (error: unknown): error is NnfuseError =>
  error instanceof Error && error.name === 'NnfuseError' && typeof (error as NnfuseError).code === 'string'

const namesShown = 12

/** `a, b, c and 9 more`, so that a message about a big model stays one line. */
export const listNames = (names: Iterable<string>): string => {
  const all = [...names].map((name) => JSON.stringify(name))
  const shown = all.slice(0, namesShown).join(', ')
  return all.length > namesShown ? `${shown} and ${all.length - namesShown} more` : shown
}

export const tensorSizeMismatch = (expected: number, actual: number, what: string): NnfuseError =>
  new NnfuseError('TENSOR_SIZE', `${what} needs ${expected} bytes but has ${actual}`, {
    hint: 'The dtype and shape must fit the data.',
  })

export const badAttribute = (kind: string, message: string): NnfuseError =>
  new NnfuseError('BAD_ATTRIBUTE', `${kind}: ${message}`)

export const wrongChildren = (
  kind: string,
  expected: readonly string[],
  actual: readonly string[],
): NnfuseError =>
  new NnfuseError(
    'WRONG_CHILDREN',
    `${kind} is made of ${expected.join(', ')}; got ${actual.join(', ') || 'nothing'}`,
  )

export const noSuchPath = (path: string, existing: string, children: Iterable<string>): NnfuseError => {
  const names = [...children]
  const where = existing === '' ? 'the model' : `"${existing}"`
  const hint =
    names.length === 0 ? `${where} has no children.` : `${where} has the children ${listNames(names)}.`
  return new NnfuseError('NO_SUCH_PATH', `the model has no module "${path}"`, { path, hint })
}

export const badGraph = (message: string, path?: string): NnfuseError =>
  new NnfuseError('BAD_GRAPH', message, path === undefined ? {} : { path })

const isStatistic = (key: string): boolean => key.endsWith('running_mean')

/** Statistics on one side only: one of the two was saved fused. */
const stateDictHint = (missing: readonly string[], unexpected: readonly string[]): string => {
  if (missing.some(isStatistic) && !unexpected.some(isStatistic)) {
    return 'It may have been saved from a fused model: fuse the model in the same way before loading.'
  }
  if (unexpected.some(isStatistic) && !missing.some(isStatistic)) {
    return 'The model may be fused and the state dict not: load before fusing.'
  }
  return 'Pass { strict: false } to load what fits.'
}

export const badStateDict = (missing: readonly string[], unexpected: readonly string[]): NnfuseError => {
  const parts = [
    missing.length > 0 ? `missing ${listNames(missing)}` : '',
    unexpected.length > 0 ? `unexpected ${listNames(unexpected)}` : '',
  ].filter((part) => part !== '')
  return new NnfuseError('BAD_STATE_DICT', `the state dict does not fit the model: ${parts.join('; ')}`, {
    hint: stateDictHint(missing, unexpected),
  })
}

export const stateShapeMismatch = (key: string, expected: string, actual: string): NnfuseError =>
  new NnfuseError('BAD_STATE_DICT', `"${key}" is ${actual} in the state dict but ${expected} in the model`, {
    path: key,
  })
