import { relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { isNnfuseError } from '@nnfuse/ir'
import { type CreatedPlugin, createPlugin } from './create-plugin.js'
import { noName, severalNames } from './errors.js'

const help = `Usage: npm create nnfuse-plugin [name]

Writes a new nnfuse plugin into a folder of that name: a kind of layer, a rule that fuses it, its law test, and what is
needed to publish it.
`

const ask = async (): Promise<string> => {
  if (!process.stdin.isTTY) throw noName()
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await terminal.question('Name of the plugin (nnfuse-plugin-...): ')).trim()
  } finally {
    terminal.close()
  }
}

const written = ({ folder, files }: CreatedPlugin): string => {
  const path = relative('.', folder)
  const lines = [`Written to ${path}:`, ...files.map((file) => `  ${file}`)]
  return [...lines, '', 'Next:', `  cd ${path}`, '  npm install', '  npm test', ''].join('\n')
}

const run = async (args: readonly string[]): Promise<string> => {
  if (args.includes('-h') || args.includes('--help')) return help
  const [name, ...more] = args
  if (more.length > 0) throw severalNames(args)
  return written(await createPlugin({ name: name ?? (await ask()) }))
}

try {
  process.stdout.write(await run(process.argv.slice(2)))
} catch (error) {
  if (!isNnfuseError(error)) throw error
  process.stderr.write(`create-nnfuse-plugin: ${error.message}\n${error.hint ?? ''}`.trimEnd().concat('\n'))
  process.exitCode = 2
}
