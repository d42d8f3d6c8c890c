import { Command, Option } from 'commander'
import { bitsOfWeights, calibrationNeeded } from '../errors.js'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'
import { type PluginOptions, pluginsFor, withPluginOptions } from './plugin-options.js'

interface Options extends PluginOptions {
  readonly calibrate?: string
  readonly dynamic?: boolean
  readonly weightsOnly?: boolean
  readonly bits?: '4' | '8'
  readonly output?: string
  readonly skip?: readonly string[]
  readonly skipFirst?: boolean
  readonly skipLast?: boolean
  readonly sensitivity?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

const examples = `
Examples:
  $ nnfuse quantize net.onnx --calibrate samples          writes net.int8.onnx
  $ nnfuse quantize net.onnx --calibrate samples --sensitivity
  $ nnfuse quantize net.onnx --calibrate samples --skip layer1.0.conv1 --skip-last
  $ nnfuse quantize net.onnx --dynamic                    linear layers only; needs no inputs
  $ nnfuse quantize net.onnx --weights-only               small file, computes in floats
  $ nnfuse quantize net.onnx --weights-only --bits 4      writes net.int4.onnx
  $ nnfuse compare net.onnx net.int8.onnx --data test-set

The folder of samples holds inputs.npy, [N, ...], and labels.npy, or <name>.npy or <name>.pb for each input of the
model, or folders of such files. Some hundred inputs like those of later are usual.

Exit code: 0 done, 2 bad usage or bad input.`

const addPath = (path: string, before: readonly string[] = []): readonly string[] => [...before, path]

const run = async (model: string, options: Options, terminal: Terminal): Promise<number> => {
  const { calibrate, dynamic, weightsOnly, bits, output, json, quiet } = options
  const { skip, skipFirst, skipLast, sensitivity } = options
  if (calibrate === undefined && !dynamic && !weightsOnly) throw calibrationNeeded()
  if (bits !== undefined && !weightsOnly) throw bitsOfWeights()
  const [{ quantizeFile }, { formatQuantize }] = await Promise.all([
    import('../quantize-file.js'),
    import('../format/format-quantize.js'),
  ])
  const { plugins } = await pluginsFor(options)
  const result = await quantizeFile(model, {
    calibrate: calibrate ?? null,
    plugins,
    ...(dynamic !== undefined && { dynamic }),
    ...(bits !== undefined && { bits: bits === '4' ? 4 : 8 }),
    ...(output !== undefined && { output }),
    ...(skip !== undefined && { skip }),
    ...(skipFirst !== undefined && { skipFirst }),
    ...(skipLast !== undefined && { skipLast }),
    ...(sensitivity !== undefined && { sensitivity }),
    onProgress: quiet ? () => undefined : terminal.progress,
  })
  terminal.endProgress()
  if (json) terminal.print(`${JSON.stringify(result, null, 2)}\n`)
  else if (!quiet) terminal.print(formatQuantize(result, terminal.paint))
  return 0
}

/** `nnfuse quantize` */
export const quantizeCommand = (terminal: Terminal, finish: Finish): Command =>
  withPluginOptions(
    new Command('quantize')
      .summary('fuse an ONNX file and quantize it to integers')
      .description(
        'Fuses the layers of an ONNX file and quantizes them to integers: with the ranges that values have on some inputs, with those that they have as they come, or weights only.',
      )
      .argument('<model.onnx>', 'the file to quantize; it is only read')
      .option('--calibrate <folder>', 'inputs to learn the ranges of values from')
      .addOption(
        new Option(
          '--dynamic',
          'quantize linear layers, and what goes into them as it comes; needs no inputs',
        ).conflicts(['calibrate', 'sensitivity', 'weightsOnly']),
      )
      .addOption(
        new Option('--weights-only', 'quantize weights only, which needs no inputs').conflicts([
          'calibrate',
          'sensitivity',
        ]),
      )
      .addOption(
        new Option('--bits <n>', 'of the weights, with --weights-only (default: 8)').choices(['4', '8']),
      )
      .option('-o, --output <file>', 'where to write (default: <model>.int8.onnx beside the input)')
      .addOption(
        new Option(
          '--skip <layer>',
          'leave this layer, or all layers in it, in float; may be given several times',
        ).argParser(addPath),
      )
      .option('--skip-first', 'leave the first layers with a weight in float')
      .option('--skip-last', 'leave the last layers with a weight in float')
      .option('--sensitivity', 'also quantize each layer alone, and say what that costs')
      .option('--json', 'print one JSON object and nothing else')
      .option('-q, --quiet', 'print nothing but errors'),
  )
    .addHelpText('after', examples)
    .action((model: string, options: Options) => finish(() => run(model, options, terminal)))
