import { readOnnx } from '@nnfuse/onnx/node'
import type { Check } from './check/check.js'
import type { Sizes } from './check/open-sizes.js'
import { listInputFiles } from './data/input-folder.js'
import { readLabelledData } from './data/labelled-data.js'
import { notVerifiable } from './errors.js'
import { evaluateModels } from './evaluate-models.js'
import { shapelessInputs, weightDtypes } from './model-facts.js'
import { noProgress, type Progress } from './progress.js'
import type { Accuracy } from './runtime/accuracy.js'

/** What `verifyFiles` runs two models on, and how far apart they may be. */
export interface VerifyOptions {
  /** Of the random inputs. Default 0. */
  readonly seed?: number
  /** Sizes for what the models leave open, by name. */
  readonly sizes?: Sizes
  /** Folder with `inputs.npy` and `labels.npy`: the accuracy of both is measured on them. */
  readonly data?: string
  /** Folder with a file for each input, or folders of them: the outputs are compared on these, too. */
  readonly inputs?: string
  readonly onProgress?: Progress
}

/** What {@link verifyFiles} found, as plain JSON data. */
export interface VerifyResult {
  readonly a: string
  readonly b: string
  readonly check: Check
  readonly accuracy?: Accuracy
}

/**
 * Runs two ONNX files on the same inputs and says how far their outputs are apart.
 *
 * @returns what was found; outputs that differ are a result, not an error.
 * @throws NnfuseError `NAMES_DIFFER` for models with other inputs or outputs, `CANNOT_VERIFY` where the first model
 * cannot be run, and whatever is wrong with the files or the options.
 */
export const verifyFiles = async (
  a: string,
  b: string,
  options: VerifyOptions = {},
): Promise<VerifyResult> => {
  const { seed = 0, sizes = new Map(), onProgress = noProgress } = options
  onProgress('reading')
  const models = [await readOnnx(a), await readOnnx(b)] as const
  const data = options.data === undefined ? undefined : await readLabelledData(options.data)
  const inputs = options.inputs === undefined ? undefined : await listInputFiles(options.inputs)
  const weights = models.flatMap((model) => [...weightDtypes(model)])
  const evaluated = await evaluateModels(a, b, {
    seed,
    sizes,
    weights,
    data,
    inputs,
    shapeless: shapelessInputs(models[0]),
    runs: 0,
    progress: onProgress,
  })
  const { check, accuracy } = evaluated
  if (check.status === 'unchecked') throw notVerifiable(check.reason ?? '', check.hint)
  return { a, b, check, ...(accuracy && { accuracy }) }
}
