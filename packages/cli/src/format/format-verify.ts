import type { VerifyResult } from '../verify-files.js'
import { formatAccuracy, formatCheck } from './format-check.js'
import type { Paint } from './paint.js'
import { visible } from './table.js'

/** What comparing two files showed, for a person. */
export const formatVerify = ({ a, b, check, accuracy }: VerifyResult, paint: Paint): string => {
  const lines = [
    `${paint.title(visible(a))}  and  ${paint.title(visible(b))}`,
    ...formatCheck(check, paint),
    ...(accuracy === undefined ? [] : [formatAccuracy(accuracy, ['the first', 'the second'])]),
  ]
  return `${lines.join('\n')}\n`
}
