import { Command } from 'commander'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'

interface Options {
  readonly json?: boolean
}

const examples = `
Examples:
  $ nnfuse inspect resnet50.onnx
  $ nnfuse inspect resnet50.onnx --json | jq '.layers[].path'

Parameters are the elements of a layer's tensors, batch-norm's statistics included.`

const run = async (model: string, { json }: Options, terminal: Terminal): Promise<number> => {
  const { inspectFile } = await import('../inspect-file.js')
  const { formatInspect } = await import('../format/format-inspect.js')
  const result = await inspectFile(model)
  terminal.print(json ? `${JSON.stringify(result, null, 2)}\n` : formatInspect(result, terminal.paint))
  return 0
}

/** `nnfuse inspect` */
export const inspectCommand = (terminal: Terminal, finish: Finish): Command =>
  new Command('inspect')
    .summary('show the layers of an ONNX file')
    .description('Shows the layers of an ONNX file as a tree, with arguments, shapes and parameters.')
    .argument('<model.onnx>', 'the file to look at')
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action((model: string, options: Options) => finish(() => run(model, options, terminal)))
