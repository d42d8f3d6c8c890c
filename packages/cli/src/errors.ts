import { basename } from 'node:path'
import { listNames, NnfuseError } from '@nnfuse/ir'
import type { LayerOutcome } from './quantize/chosen-layers.js'
import type { Method } from './quantize/method.js'

const at = (path: string, hint: string, cause?: unknown): { path: string; hint: string; cause?: unknown } =>
  cause === undefined ? { path, hint } : { path, hint, cause }

/** The reason in an error's own words, on one line. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim()

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

export const badNumber = (option: string, value: string, wanted: string): NnfuseError =>
  new NnfuseError('BAD_OPTION', `${option} needs ${wanted}; got "${value}"`, { hint: `Write ${option} 10.` })

export const badDim = (value: string): NnfuseError =>
  new NnfuseError('BAD_DIM', `--dim needs name=size with a whole size of at least 1; got "${value}"`, {
    hint: 'Write --dim height=224.',
  })

export const unknownDim = (name: string, known: Iterable<string>): NnfuseError => {
  const names = listNames(known)
  const hint = names === '' ? 'All its input sizes are fixed.' : `Its open input sizes are ${names}.`
  return new NnfuseError('UNKNOWN_DIM', `the model has no open input size "${name}"`, { path: name, hint })
}

export const outputIsInput = (path: string): NnfuseError =>
  new NnfuseError(
    'OUTPUT_IS_INPUT',
    `the output "${path}" is a file that the model is read from`,
    at(path, 'Choose another name.'),
  )

export const outputNoFile = (path: string, what: string): NnfuseError =>
  new NnfuseError('BAD_OUTPUT', `the output "${path}" is ${what}`, at(path, 'Name a file to write.'))

const writeFailures: ReadonlyMap<string, readonly [reason: string, hint: string]> = new Map([
  ['ENOENT', ['its folder does not exist', 'Create the folder first.']],
  ['ENOTDIR', ['its folder is a file', 'Choose another folder.']],
  ['EACCES', ['you may not write there', 'Choose another folder, or change its permissions.']],
  ['EPERM', ['you may not write there', 'Choose another folder, or change its permissions.']],
  ['EROFS', ['the disk is read-only', 'Choose another folder.']],
  ['ENOSPC', ['the disk is full', 'Free some space or choose another folder.']],
  ['ENAMETOOLONG', ['the name is too long', 'Choose a shorter one.']],
])

export const cannotWrite = (path: string, cause: unknown): NnfuseError => {
  const [reason, hint] = writeFailures.get(codeOf(cause)) ?? [
    messageOf(cause),
    'Choose another place with -o.',
  ]
  return new NnfuseError('CANNOT_WRITE', `"${path}" cannot be written: ${reason}`, at(path, hint, cause))
}

const dataHint = 'A data folder holds inputs.npy, [N, ...], and labels.npy, [N] whole numbers.'

export const cannotReadData = (path: string, cause: unknown): NnfuseError => {
  const reason =
    codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR'
      ? 'does not exist'
      : `cannot be read: ${messageOf(cause)}`
  return new NnfuseError('CANNOT_READ_DATA', `"${path}" ${reason}`, at(path, dataHint, cause))
}

export const badNpy = (path: string, problem: string, hint = 'Write it with numpy.save.'): NnfuseError =>
  new NnfuseError('BAD_NPY', `"${path}" cannot be used: ${problem}`, at(path, hint))

export const badData = (path: string, problem: string, hint: string = dataHint): NnfuseError =>
  new NnfuseError('BAD_DATA', `the data in "${path}" does not fit: ${problem}`, at(path, hint))

const inputsHint =
  'A folder of inputs holds a file for each input of the model: <name>.npy, <name>.pb or input_0.pb.'

const listFailures: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'is no folder'],
])

export const cannotReadInputs = (path: string, cause: unknown): NnfuseError => {
  const reason = listFailures.get(codeOf(cause)) ?? `cannot be read: ${messageOf(cause)}`
  return new NnfuseError('CANNOT_READ_INPUTS', `"${path}" ${reason}`, at(path, inputsHint, cause))
}

export const noInputFile = (path: string, input: string, wanted: readonly string[]): NnfuseError =>
  new NnfuseError(
    'NO_INPUT_FILE',
    `"${path}" holds no file for the model's input "${input}"`,
    at(path, `Looked for ${listNames(wanted)}.`),
  )

export const badInputs = (
  path: string,
  problem: string,
  hint: string = inputsHint,
  cause?: unknown,
): NnfuseError => new NnfuseError('BAD_INPUTS', `"${path}" cannot be used: ${problem}`, at(path, hint, cause))

/** ONNX Runtime names the file with its folder; the fused one is in a temporary folder that means nothing to anybody. */
export const cannotRun = (path: string, cause: unknown): NnfuseError => {
  const name = basename(path)
  const reason = messageOf(cause).replaceAll(path, name)
  return new NnfuseError('CANNOT_RUN', `ONNX Runtime cannot run ${name}: ${reason}`, { path, cause })
}

export const noOnnxRuntime = (cause: unknown): NnfuseError =>
  new NnfuseError('NO_ONNXRUNTIME', `ONNX Runtime cannot be loaded here: ${messageOf(cause)}`, {
    hint: 'Reinstall onnxruntime-node, or use --no-verify.',
    cause,
  })

export const namesDiffer = (
  what: 'inputs' | 'outputs',
  a: readonly string[],
  b: readonly string[],
): NnfuseError =>
  new NnfuseError('NAMES_DIFFER', `the models have other ${what}: ${listNames(a)} and ${listNames(b)}`, {
    hint: 'Only models with the same inputs and outputs can be compared.',
  })

export const notVerifiable = (reason: string, hint: string | undefined): NnfuseError =>
  new NnfuseError('CANNOT_VERIFY', `nothing could be compared: ${reason}`, hint === undefined ? {} : { hint })

/** Why layers are still float: `"conv1", "conv2" (skipped)`. */
const reasonsOf = (layers: readonly LayerOutcome[]): string => {
  const reasons = new Set(layers.map(({ reason = '' }) => reason))
  const pathsFor = (reason: string): string =>
    listNames(layers.flatMap((layer) => (layer.reason === reason ? [layer.path] : [])))
  return [...reasons].map((reason) => `${pathsFor(reason)} (${reason})`).join('; ')
}

export const nothingQuantized = (
  path: string,
  method: Method,
  layers: readonly LayerOutcome[],
): NnfuseError => {
  const wanted = method === 'dynamic' ? 'a linear layer' : 'a convolution or linear layer'
  return new NnfuseError(
    'NOTHING_QUANTIZED',
    `"${basename(path)}" has no layer to quantize: ${wanted} that is not skipped`,
    at(
      path,
      layers.length === 0
        ? 'nnfuse inspect shows its layers.'
        : `Its layers stay float: ${reasonsOf(layers)}.`,
    ),
  )
}

export const calibrationNeeded = (): NnfuseError =>
  new NnfuseError(
    'BAD_OPTION',
    'quantize needs --calibrate with a folder of inputs, or --dynamic or --weights-only, which need none',
    { hint: 'Some hundred inputs like those of later are usual.' },
  )

export const bitsOfWeights = (): NnfuseError =>
  new NnfuseError('BAD_OPTION', '--bits is for --weights-only', {
    hint: 'Kernels that compute with integers take weights of 8 bits.',
  })
