import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { compareCommand } from './commands/compare-command.js'
import { explainCommand } from './commands/explain-command.js'
import type { Finish } from './commands/finish.js'
import { fuseCommand } from './commands/fuse-command.js'
import { inspectCommand } from './commands/inspect-command.js'
import { planCommand } from './commands/plan-command.js'
import { quantizeCommand } from './commands/quantize-command.js'
import { rulesCommand } from './commands/rules-command.js'
import { verifyCommand } from './commands/verify-command.js'
import type { Terminal } from './terminal.js'

const description =
  'Fuses layers of neural networks in ONNX files: batch-norm is folded into the convolution or linear layer before it, ' +
  'and the result is checked by running both models.'

const examples = `
Examples:
  $ nnfuse fuse resnet50.onnx            fuse, check, and write resnet50.fused.onnx
  $ nnfuse plan resnet50.onnx            say what fuse would do
  $ nnfuse explain resnet50.onnx layer1.0.bn1
  $ nnfuse inspect resnet50.onnx         show its layers
  $ nnfuse quantize resnet50.onnx --calibrate samples
  $ nnfuse help fuse                     all options of fuse

NNFUSE_DEBUG=1 shows where an error comes from. NO_COLOR=1 prints without colours.`

const version = (): string =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

/** Commander's own words, in the form of all our errors. */
const inOurForm = (text: string): string => text.replace(/^error: /, 'nnfuse: ')

/** The whole command line: what there is to type, and which function answers. */
export const createProgram = (terminal: Terminal, finish: Finish): Command => {
  const program = new Command('nnfuse')
    .description(description)
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', examples)
  const commands = [
    fuseCommand,
    planCommand,
    explainCommand,
    inspectCommand,
    verifyCommand,
    quantizeCommand,
    compareCommand,
    rulesCommand,
  ]
  for (const create of commands) program.addCommand(create(terminal, finish))
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .helpOption('-h, --help', 'show this help')
      .showHelpAfterError(
        `Run "nnfuse help${command === program ? '' : ` ${command.name()}`}" to see what there is.`,
      )
      .configureOutput({
        writeOut: terminal.print,
        writeErr: terminal.complain,
        outputError: (text, write) => write(inOurForm(text)),
      })
  }
  return program
}
