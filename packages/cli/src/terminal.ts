import { createPaint, type Paint } from './format/paint.js'
import { shorten } from './format/table.js'
import { noProgress, type Progress } from './progress.js'

/** Where a command writes, and how. */
export interface Terminal {
  /** What was asked for. */
  print(text: string): void
  /** What went wrong, and help on it. */
  complain(text: string): void
  readonly paint: Paint
  /** Shows one line that is written over and over. */
  readonly progress: Progress
  /** Removes that line. */
  endProgress(): void
}

type Stream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>

const wantsColours = (stream: Stream, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'

const eraseLine = '\r\x1b[K'

const progressOn = (stream: Stream): Progress => {
  if (stream.isTTY !== true) return noProgress
  return (step) => stream.write(`${eraseLine}${shorten(`${step} …`, (stream.columns || 80) - 1)}`)
}

/** Colours and progress where a person looks on; plain text, and silence, in a pipe. */
export const createTerminal = (stdout: Stream, stderr: Stream, env: NodeJS.ProcessEnv): Terminal => ({
  print: (text) => stdout.write(text),
  complain: (text) => stderr.write(text),
  paint: createPaint(wantsColours(stdout, env)),
  progress: progressOn(stderr),
  endProgress: () => stderr.isTTY === true && stderr.write(eraseLine),
})
