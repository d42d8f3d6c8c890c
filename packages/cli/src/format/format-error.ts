import { isNnfuseError } from '@nnfuse/ir'
import { messageOf } from '../errors.js'
import { visible } from './table.js'

const unexpected = 'This is a fault of nnfuse; NNFUSE_DEBUG=1 shows where it is.'

const stackOf = (error: unknown): string => {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const cause =
    error instanceof Error && error.cause !== undefined ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${stack}${cause}`
}

/** An error for a person: what is wrong, what to do, and only when debugging where in the code it was noticed. */
export const formatError = (error: unknown, debug: boolean): string => {
  const hint = isNnfuseError(error) ? error.hint : unexpected
  const lines = [`nnfuse: ${visible(messageOf(error))}`, ...(hint === undefined ? [] : [visible(hint)])]
  return `${[...lines, ...(debug ? ['', stackOf(error)] : [])].join('\n')}\n`
}
