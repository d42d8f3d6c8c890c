import { Command } from 'commander'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'
import { addDim, wholeNumber } from './parse-options.js'

interface Options {
  readonly seed: number
  readonly dim?: ReadonlyMap<string, number>
  readonly data?: string
  readonly inputs?: string
  readonly json?: boolean
}

const examples = `
Examples:
  $ nnfuse verify resnet50.onnx resnet50.fused.onnx
  $ nnfuse verify a.onnx b.onnx --data test-set --seed 7
  $ nnfuse verify a.onnx b.onnx --inputs test_data_set_0

The folder of inputs holds <name>.npy or <name>.pb for each input, or input_0.pb, input_1.pb, ... in their
order; or folders of such files.

Exit code: 0 the outputs agree, 1 they differ, 2 bad usage or bad input, or the first model cannot be run.`

const run = async (a: string, b: string, options: Options, terminal: Terminal): Promise<number> => {
  const { verifyFiles } = await import('../verify-files.js')
  const { formatVerify } = await import('../format/format-verify.js')
  const { seed, dim, data, inputs, json } = options
  const result = await verifyFiles(a, b, {
    seed,
    ...(dim !== undefined && { sizes: dim }),
    ...(data !== undefined && { data }),
    ...(inputs !== undefined && { inputs }),
    onProgress: terminal.progress,
  })
  terminal.endProgress()
  terminal.print(json ? `${JSON.stringify(result, null, 2)}\n` : formatVerify(result, terminal.paint))
  return result.check.status === 'passed' ? 0 : 1
}

/** `nnfuse verify` */
export const verifyCommand = (terminal: Terminal, finish: Finish): Command =>
  new Command('verify')
    .summary('run two ONNX files on the same inputs and compare')
    .description('Runs two ONNX files on the same random inputs and says how far their outputs are apart.')
    .argument('<a.onnx>', 'the file that is taken to be right')
    .argument('<b.onnx>', 'the file that is compared with it')
    .option('--seed <n>', 'seed of the random inputs', wholeNumber('--seed', 0), 0)
    .option('--dim <name=size>', 'a size that the models leave open; may be given several times', addDim)
    .option('--data <folder>', 'also count right answers on inputs.npy and labels.npy')
    .option('--inputs <folder>', 'also compare on inputs from .npy or .pb files')
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action((a: string, b: string, options: Options) => finish(() => run(a, b, options, terminal)))
