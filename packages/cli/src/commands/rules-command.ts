import { Command } from 'commander'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'
import { type PluginOptions, pluginsFor, withPluginOptions } from './plugin-options.js'

interface Options extends PluginOptions {
  readonly json?: boolean
}

const run = async (options: Options, terminal: Terminal): Promise<number> => {
  const { rulesTable } = await import('../rules-table.js')
  const { formatRules } = await import('../format/format-rules.js')
  const { plugins, chosen } = await pluginsFor(options)
  const sets = rulesTable(chosen ? { plugins } : {})
  terminal.print(options.json ? `${JSON.stringify({ sets }, null, 2)}\n` : formatRules(sets, terminal.paint))
  return 0
}

/** `nnfuse rules` */
export const rulesCommand = (terminal: Terminal, finish: Finish): Command =>
  withPluginOptions(
    new Command('rules')
      .summary('list the fusing rules and the plugins they come from')
      .description(
        'Lists every fusing rule with its plugin and the layers it looks for, in the order they run.',
      )
      .option('--json', 'print one JSON object and nothing else'),
  ).action((options: Options) => finish(() => run(options, terminal)))
