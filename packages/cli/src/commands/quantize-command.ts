import { Command, Option } from 'commander'
import { calibrationNeeded } from '../errors.js'
import type { Terminal } from '../terminal.js'
import type { Finish } from './finish.js'
import { type PluginOptions, pluginsFor, withPluginOptions } from './plugin-options.js'

interface Options extends PluginOptions {
  readonly calibrate?: string
  readonly weightsOnly?: boolean
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
  $ nnfuse quantize net.onnx --weights-only               small file, computes in floats
  $ nnfuse compare net.onnx net.int8.onnx --data test-set

The folder of samples holds inputs.npy, [N, ...], and labels.npy, or <name>.npy or <name>.pb for each input of the
model, or folders of such files. Some hundred inputs like those of later are usual.

Exit code: 0 done, 2 bad usage or bad input.`

const addPath = (path: string, before: readonly string[] = []): readonly string[] => [...before, path]

const run = async (model: string, options: Options, terminal: Terminal): Promise<number> => {
  const { calibrate, weightsOnly, output, json, quiet, skip, skipFirst, skipLast, sensitivity } = options
  if (calibrate === undefined && !weightsOnly) throw calibrationNeeded()
  const [{ quantizeFile }, { formatQuantize }] = await Promise.all([
    import('../quantize-file.js'),
    import('../format/format-quantize.js'),
  ])
  const { plugins } = await pluginsFor(options)
  const result = await quantizeFile(model, {
    calibrate: calibrate ?? null,
    plugins,
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
      .summary('fuse an ONNX file and quantize it to 8-bit integers')
      .description(
        'Fuses the layers of an ONNX file and quantizes them to 8-bit integers, with the ranges that values have on some inputs.',
      )
      .argument('<model.onnx>', 'the file to quantize; it is only read')
      .option('--calibrate <folder>', 'inputs to learn the ranges of values from')
      .addOption(
        new Option('--weights-only', 'quantize weights only, which needs no inputs').conflicts([
          'calibrate',
          'sensitivity',
        ]),
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
