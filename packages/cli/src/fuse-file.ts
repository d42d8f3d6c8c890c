import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Model } from '@nnfuse/ir'
import type { Exactness } from '@nnfuse/matcher'
import { opsetOf } from '@nnfuse/onnx'
import { filesOfModel, readOnnx, writeOnnx } from '@nnfuse/onnx/node'
import type { Plugin } from '@nnfuse/pass-manager'
import { fuse } from 'nnfuse'
import type { Sizes } from './check/open-sizes.js'
import { type InputFolder, listInputFiles } from './data/input-folder.js'
import { type LabelledData, readLabelledData } from './data/labelled-data.js'
import { cannotWrite } from './errors.js'
import { type Evaluation, evaluateModels } from './evaluate-models.js'
import { checkOutput, defaultOutput } from './files/output-file.js'
import { withTemporaryFolder } from './files/temporary-folder.js'
import { appliedRules, type FuseFileResult } from './fuse-file-result.js'
import { countsOf, hasBatchNorm, shapelessInputs, weightDtypes } from './model-facts.js'
import { noProgress, type Progress } from './progress.js'

/** What `fuseFile` can be told; `nnfuse fuse` has an option for each. */
export interface FuseFileOptions {
  /** Default: `<name>.fused.onnx` beside the input. */
  readonly output?: string
  /** Run both models and compare them. Default true. */
  readonly verify?: boolean
  /** Keep the output also when the check fails. Default false. */
  readonly keep?: boolean
  /** Folder with `inputs.npy` and `labels.npy`: the accuracy before and after is measured on them. */
  readonly data?: string
  /** Folder with a file for each input, or folders of them: both models are compared on these, too. */
  readonly inputs?: string
  /** Of the random inputs. Default 0. */
  readonly seed?: number
  /** How often each model runs to be timed. Default 100; 0 for not at all. */
  readonly runs?: number
  /** Sizes for what the model leaves open, by name. */
  readonly sizes?: Sizes
  /** Take initializers that whoever runs the model could override for constants. Default false. */
  readonly foldOverridable?: boolean
  /** How exact fusing must be. Default `real`. */
  readonly exact?: Exactness
  /** Default: `defaultPlugins()`; see `loadPlugins` for those of a configuration file. */
  readonly plugins?: readonly Plugin[]
  /** Note on each fused node what it was made from. Default true. */
  readonly metadata?: boolean
  /**
   * Keep weights in a file beside the output, `<output>.data`. Default: where one file would be larger than 2 GiB, which
   * ONNX does not allow.
   */
  readonly externalData?: boolean
  readonly onProgress?: Progress
}

const dataSuffix = '.data'

/** Where `writeOnnx` puts weights that are not in the model's file. */
const dataFileOf = (model: string): string => `${model}${dataSuffix}`

interface Plan {
  readonly input: string
  readonly output: string
  readonly target: string
  readonly model: Model
  readonly data: LabelledData | undefined
  readonly inputs: InputFolder | undefined
  readonly options: FuseFileOptions
}

const evaluate = (fused: string, { input, model, data, inputs, options }: Plan): Promise<Evaluation> =>
  evaluateModels(input, fused, {
    seed: options.seed ?? 0,
    sizes: options.sizes ?? new Map(),
    runs: options.runs ?? 100,
    weights: weightDtypes(model),
    shapeless: shapelessInputs(model),
    data,
    inputs,
    progress: options.onProgress ?? noProgress,
  })

/** What was written is one file, or two of which the second holds the weights and goes first. */
const moveTo = async (from: string, { target, output }: Plan): Promise<string> => {
  const suffixes = existsSync(dataFileOf(from)) ? [dataSuffix, ''] : ['']
  for (const suffix of suffixes) {
    await rename(`${from}${suffix}`, `${target}${suffix}`).catch((cause: unknown) => {
      throw cannotWrite(`${output}${suffix}`, cause)
    })
  }
  return output
}

const fuseInto = async (folder: string, plan: Plan): Promise<FuseFileResult> => {
  const { input, model, options } = plan
  const progress = options.onProgress ?? noProgress
  const { exact = 'real', plugins } = options
  const fused = fuse(model, { exact, ...(plugins && { plugins }) })
  const file = join(folder, basename(plan.target))
  progress('writing')
  const after = await writeOnnx(fused.model, file, {
    metadata: options.metadata ?? true,
    ...(options.externalData !== undefined && { externalData: options.externalData }),
  })
  const evaluation = options.verify === false ? undefined : await evaluate(file, plan)
  const written = evaluation?.check.status !== 'failed' || options.keep === true
  return {
    input,
    opset: opsetOf(model),
    before: countsOf(model),
    after,
    rules: appliedRules(fused.report),
    left: fused.report.left,
    hadBatchNorm: hasBatchNorm(model),
    ...evaluation,
    output: written ? await moveTo(file, plan) : null,
    report: fused.report,
  }
}

/**
 * Fuses an ONNX file into another one and proves that it still computes the same, by running both.
 *
 * The output appears under its name only when everything is done and the check has not failed; a file that was there
 * before survives anything else.
 *
 * @returns what happened; a check that failed is a result, not an error.
 * @throws NnfuseError for whatever is wrong with the input, the options or the place of the output.
 * @example
 * ```ts
 * const { check, output } = await fuseFile('resnet50.onnx', { output: 'resnet50.fused.onnx' })
 * ```
 */
export const fuseFile = async (input: string, options: FuseFileOptions = {}): Promise<FuseFileResult> => {
  const { output = defaultOutput(input), foldOverridable = false, onProgress = noProgress } = options
  onProgress(`reading ${basename(input)}`)
  const model = await readOnnx(input, { foldOverridable })
  const sources = [input, ...filesOfModel(model).map(({ path }) => path)]
  const target = await checkOutput(output, sources)
  await checkOutput(dataFileOf(output), sources)
  const data = options.data === undefined ? undefined : await readLabelledData(options.data)
  const inputs = options.inputs === undefined ? undefined : await listInputFiles(options.inputs)
  return await withTemporaryFolder(target, (folder) =>
    fuseInto(folder, { input, output, target, model, data, inputs, options }),
  )
}
