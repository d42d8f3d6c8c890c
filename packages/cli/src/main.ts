import { CommanderError } from 'commander'
import { removeTemporaryFolders } from './files/temporary-folder.js'
import { formatError } from './format/format-error.js'
import { createProgram } from './program.js'
import { createTerminal } from './terminal.js'

const terminal = createTerminal(process.stdout, process.stderr, process.env)

const badInput = 2

const report = (error: unknown): number => {
  terminal.endProgress()
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : badInput // it has printed already
  terminal.complain(formatError(error, (process.env['NNFUSE_DEBUG'] ?? '') !== ''))
  return badInput
}

/** A reader that has seen enough, `nnfuse rules | head`, is no failure of ours. */
const onPipeError = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error
}

const stop = (signal: NodeJS.Signals): void => {
  removeTemporaryFolders()
  terminal.endProgress()
  process.removeAllListeners(signal)
  process.kill(process.pid, signal) // so that the shell sees what ended us
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', onPipeError)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
process.on('exit', removeTemporaryFolders)

const finish = async (command: () => Promise<number>): Promise<void> => {
  process.exitCode = await command()
}

try {
  await createProgram(terminal, finish).parseAsync(process.argv)
} catch (error) {
  process.exitCode = report(error)
}
