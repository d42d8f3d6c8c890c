import { Command } from 'commander'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'
import { type PluginOptions, pluginsFor, withPluginOptions } from './plugin-options.js'

interface Options extends PluginOptions {
  readonly json?: boolean
}

const examples = `
Examples:
  $ nnfuse explain resnet50.onnx layer1.0.bn1
  $ nnfuse explain resnet50.onnx layer1.0.bn1 --json | jq '.near[0].reason'

"nnfuse inspect" lists the layers, "nnfuse plan" says what becomes of all of them.

Exit code: 0 done, 2 bad usage, bad input, or no such layer.`

const run = async (
  model: string,
  layer: string,
  options: Options,
  { print, paint }: Terminal,
): Promise<number> => {
  const { explainFile } = await import('../explain-file.js')
  const { formatExplain } = await import('../format/format-explain.js')
  const { plugins } = await pluginsFor(options)
  const result = await explainFile(model, layer, { plugins })
  print(options.json ? `${JSON.stringify(result, null, 2)}\n` : formatExplain(result, paint))
  return 0
}

/** `nnfuse explain` */
export const explainCommand = (terminal: Terminal, finish: Finish): Command =>
  withPluginOptions(
    new Command('explain')
      .summary('say why a layer is fused, or why not')
      .description(
        'Says which rule takes a layer of an ONNX file; or which rules come near, and why each of them stops.',
      )
      .argument('<model.onnx>', 'the file that has the layer; it is only read')
      .argument('<layer>', 'path of the layer: layer1.0.bn1')
      .option('--json', 'print one JSON object and nothing else'),
  )
    .addHelpText('after', examples)
    .action((model: string, layer: string, options: Options) =>
      finish(() => run(model, layer, options, terminal)),
    )
