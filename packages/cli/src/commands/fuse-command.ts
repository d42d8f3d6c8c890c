import type { Exactness } from '@nnfuse/matcher'
import { Command, Option } from 'commander'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'
import { addDim, wholeNumber } from './parse-options.js'
import { type PluginOptions, pluginsFor, withPluginOptions } from './plugin-options.js'

interface Options extends PluginOptions {
  readonly output?: string
  readonly verify: boolean
  readonly keep?: boolean
  readonly data?: string
  readonly inputs?: string
  readonly seed: number
  readonly runs: number
  readonly dim?: ReadonlyMap<string, number>
  readonly latency: boolean
  readonly foldOverridable?: boolean
  readonly exact: Exactness
  readonly metadata: boolean
  readonly externalData?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

const examples = `
Examples:
  $ nnfuse fuse resnet50.onnx                        writes resnet50.fused.onnx
  $ nnfuse fuse resnet50.onnx -o small.onnx
  $ nnfuse fuse net.onnx --data test-set             also counts right answers before and after
  $ nnfuse fuse net.onnx --inputs test_data_set_0     also compares on real inputs
  $ nnfuse fuse net.onnx --dim height=224 --dim width=224
  $ nnfuse fuse net.onnx --plugin nnfuse-plugin-groupnorm
  $ nnfuse fuse net.onnx --json | jq .check

The data folder holds inputs.npy, [N, ...], and labels.npy, [N] whole numbers.
The folder of inputs holds <name>.npy or <name>.pb for each input, or input_0.pb, input_1.pb, ... in their
order; or folders of such files.

Exit code: 0 done, 1 the check failed (nothing is written, unless --keep), 2 bad usage or bad input.`

const run = async (model: string, options: Options, terminal: Terminal): Promise<number> => {
  const [{ fuseFile }, { formatFuse }] = await Promise.all([
    import('../fuse-file.js'),
    import('../format/format-fuse.js'),
  ])
  const {
    output,
    verify,
    keep,
    data,
    inputs,
    seed,
    runs,
    dim,
    latency,
    foldOverridable,
    exact,
    metadata,
    externalData,
    json,
    quiet,
  } = options
  const { plugins } = await pluginsFor(options)
  const result = await fuseFile(model, {
    plugins,
    ...(output !== undefined && { output }),
    ...(data !== undefined && { data }),
    ...(inputs !== undefined && { inputs }),
    ...(dim !== undefined && { sizes: dim }),
    ...(keep !== undefined && { keep }),
    ...(foldOverridable !== undefined && { foldOverridable }),
    ...(externalData !== undefined && { externalData }),
    exact,
    metadata,
    verify,
    seed,
    runs: latency ? runs : 0,
    onProgress: quiet ? () => undefined : terminal.progress,
  })
  terminal.endProgress()
  if (json) terminal.print(`${JSON.stringify(result, null, 2)}\n`)
  else if (!quiet) terminal.print(formatFuse(result, terminal.paint))
  if (result.check?.status !== 'failed') return 0
  terminal.complain(
    `nnfuse: the check failed: ${result.check.reason ?? 'the fused model computes something else'}\n`,
  )
  return 1
}

/** `nnfuse fuse` */
export const fuseCommand = (terminal: Terminal, finish: Finish): Command =>
  withPluginOptions(
    new Command('fuse')
      .summary('fuse the layers of an ONNX file and check the result')
      .description(
        'Fuses the layers of an ONNX file, and proves by running both that the result computes the same.',
      )
      .argument('<model.onnx>', 'the file to fuse; it is only read')
      .option('-o, --output <file>', 'where to write (default: <model>.fused.onnx beside the input)')
      .addOption(
        new Option('--no-verify', 'write without running either model: no check, no latency').conflicts([
          'data',
          'inputs',
          'keep',
        ]),
      )
      .addOption(
        new Option(
          '--exact <how>',
          "how exact to be: PyTorch's bits, equal in real arithmetic, or equal but at the border of padded convolutions",
        )
          .choices(['bits', 'real', 'border'])
          .default('real'),
      )
      .option('--no-metadata', 'do not note on fused nodes which rules made them and from what')
      .option('--external-data', 'keep weights in a file beside the output, <output>.data')
      .option('--no-external-data', 'never do so: fail where one file would be larger than 2 GiB')
      .option('--keep', 'keep the output also when the check fails')
      .option('--data <folder>', 'measure the accuracy before and after on inputs.npy and labels.npy')
      .option('--inputs <folder>', 'also compare both models on inputs from .npy or .pb files')
      .option('--seed <n>', 'seed of the random inputs', wholeNumber('--seed', 0), 0)
      .option(
        '--runs <n>',
        'how often each model runs to be timed; slow ones less often',
        wholeNumber('--runs', 1),
        100,
      )
      .option('--dim <name=size>', 'a size that the model leaves open; may be given several times', addDim)
      .option(
        '--fold-overridable',
        'fold weights, too, that are inputs with a default; they can be passed no more',
      )
      .option('--no-latency', 'do not measure how long the models take')
      .option('--json', 'print one JSON object and nothing else')
      .option('-q, --quiet', 'print nothing but errors'),
  )
    .addHelpText('after', examples)
    .action((model: string, options: Options) => finish(() => run(model, options, terminal)))
