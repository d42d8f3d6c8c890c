import { Command } from 'commander'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'
import { type PluginOptions, pluginsFor, withPluginOptions } from './plugin-options.js'

interface Options extends PluginOptions {
  readonly json?: boolean
}

const examples = `
Examples:
  $ nnfuse plan resnet50.onnx
  $ nnfuse plan resnet50.onnx --json | jq '.left[].path'

"nnfuse explain" says more about one layer.

Exit code: 0 done, 2 bad usage or bad input.`

const run = async (model: string, options: Options, terminal: Terminal): Promise<number> => {
  const { planFile } = await import('../plan-file.js')
  const { formatPlan } = await import('../format/format-plan.js')
  const { plugins } = await pluginsFor(options)
  const result = await planFile(model, { plugins })
  terminal.print(options.json ? `${JSON.stringify(result, null, 2)}\n` : formatPlan(result, terminal.paint))
  return 0
}

/** `nnfuse plan` */
export const planCommand = (terminal: Terminal, finish: Finish): Command =>
  withPluginOptions(
    new Command('plan')
      .summary('say what fuse would do, and do nothing')
      .description('Says which rules would apply to an ONNX file and where, and what would stay and why.')
      .argument('<model.onnx>', 'the file to plan for; it is only read')
      .option('--json', 'print one JSON object and nothing else'),
  )
    .addHelpText('after', examples)
    .action((model: string, options: Options) => finish(() => run(model, options, terminal)))
