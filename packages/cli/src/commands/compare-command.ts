import { Command } from 'commander'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'
import { wholeNumber } from './parse-options.js'

interface Options {
  readonly data: string
  readonly runs: number
  readonly latency: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  $ nnfuse compare net.onnx net.int8.onnx --data test-set
  $ nnfuse compare net.fused.onnx net.int8.onnx --data test-set     layers fused alike are compared, too

The data folder holds inputs.npy, [N, ...], and labels.npy, [N] whole numbers; or <name>.npy or <name>.pb for each
input of the model; or folders of such files. Accuracy needs labels. Layers are compared by the names of the values
that they give.

Exit code: 0 done, 2 bad usage or bad input.`

const run = async (a: string, b: string, options: Options, terminal: Terminal): Promise<number> => {
  const [{ compareFiles }, { formatCompare }] = await Promise.all([
    import('../compare-files.js'),
    import('../format/format-compare.js'),
  ])
  const { data, runs, latency, json } = options
  const result = await compareFiles(a, b, {
    data,
    runs: latency ? runs : 0,
    onProgress: terminal.progress,
  })
  terminal.endProgress()
  terminal.print(json ? `${JSON.stringify(result, null, 2)}\n` : formatCompare(result, terminal.paint))
  return 0
}

/** `nnfuse compare` */
export const compareCommand = (terminal: Terminal, finish: Finish): Command =>
  new Command('compare')
    .summary('say what a quantized ONNX file loses, layer by layer, and what it gains')
    .description(
      'Runs an ONNX file and one that was made from it on the same inputs: right answers, noise of each layer, size and time.',
    )
    .argument('<a.onnx>', 'the file that is taken to be right')
    .argument('<b.onnx>', 'the file that is compared with it')
    .requiredOption('--data <folder>', 'the inputs, with labels for the accuracy')
    .option(
      '--runs <n>',
      'how often each model runs to be timed; slow ones less often',
      wholeNumber('--runs', 1),
      100,
    )
    .option('--no-latency', 'do not measure how long the models take')
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action((a: string, b: string, options: Options) => finish(() => run(a, b, options, terminal)))
