import { formatTensor, isNnfuseError, NnfuseError, type Tensor } from '@nnfuse/ir'

/** Shown as the place of an error: the file and where in it. */
export const at = (source: string, offset: number): string => `${source} at byte ${offset}`

export const emptyFile = (source: string): NnfuseError =>
  new NnfuseError('ONNX_EMPTY', `${source} is empty`, {
    path: source,
    hint: 'Was it written completely? Export or download it again.',
  })

export const truncated = (source: string, offset: number, hint?: string): NnfuseError =>
  new NnfuseError('ONNX_TRUNCATED', `${source} ends in the middle of a field`, {
    path: at(source, offset),
    hint: hint ?? 'Was it written or downloaded completely? Export or download it again.',
  })

export const malformed = (
  source: string,
  offset: number,
  message: string,
  details: { hint?: string | undefined; cause?: unknown } = {},
): NnfuseError =>
  new NnfuseError('ONNX_MALFORMED', `${source} is no ONNX file: ${message}`, {
    path: at(source, offset),
    hint: details.hint ?? 'Was it written or downloaded completely? Export or download it again.',
    cause: details.cause,
  })

export const noGraph = (source: string, hint?: string): NnfuseError =>
  new NnfuseError('ONNX_NO_GRAPH', `${source} holds no graph`, {
    path: source,
    hint: hint ?? 'Was it written or downloaded completely? Export or download it again.',
  })

export const noVersion = (source: string, what: string): NnfuseError =>
  new NnfuseError('ONNX_NO_VERSION', `${source} does not say its ${what}`, {
    path: source,
    hint: 'Every ONNX file states it. Was it written or downloaded completely?',
  })

export const badTensor = (name: string, message: string): NnfuseError =>
  new NnfuseError('ONNX_BAD_TENSOR', `tensor "${name}" ${message}`, {
    path: name,
    hint: 'The file is damaged or its exporter is at fault; export it again.',
  })

/** The same error at a place that says more than a tensor without a name. */
export const atPlace = (error: unknown, place: string): unknown =>
  isNnfuseError(error)
    ? new NnfuseError(error.code, error.message, { path: place, hint: error.hint ?? '', cause: error })
    : error

export const unreadTensorData = (name: string): NnfuseError =>
  new NnfuseError('DTYPE_UNREADABLE', 'sparse tensors, segments and strings pass through unread', {
    path: name === '' ? 'a tensor without a name' : name,
    hint: 'Export the model with this tensor as a dense one to have it computed with.',
  })

export const tensorSize = (
  name: string,
  tensor: Pick<Tensor, 'dtype' | 'shape'>,
  size: number,
): NnfuseError =>
  new NnfuseError(
    'ONNX_TENSOR_SIZE',
    `tensor "${name}" is ${formatTensor(tensor)} but holds ${size} bytes of data`,
    {
      path: name,
      hint: 'The file is damaged or its exporter is at fault; export it again.',
    },
  )

export const noExternal = (name: string, location: string): NnfuseError =>
  new NnfuseError('ONNX_EXTERNAL_DATA', `the data of tensor "${name}" is in another file, "${location}"`, {
    path: name,
    hint: 'Read the model from disk with readOnnx, or pass importOnnx the option openExternal.',
  })

export const badExternal = (name: string, message: string, cause?: unknown): NnfuseError =>
  new NnfuseError('ONNX_EXTERNAL_DATA', `the data of tensor "${name}" ${message}`, {
    path: name,
    hint: 'The files of external data must lie beside the model, complete and under the names it gives.',
    cause,
  })

export const duplicateValue = (value: string, node: string): NnfuseError =>
  new NnfuseError('ONNX_DUPLICATE_VALUE', `value "${value}" is made twice, the second time by ${node}`, {
    path: value,
    hint: 'Every value of an ONNX graph has one producer; the exporter of this file is at fault.',
  })

export const unknownValue = (value: string, user: string): NnfuseError =>
  new NnfuseError('ONNX_UNKNOWN_VALUE', `nothing makes value "${value}", which ${user} needs`, {
    path: value,
    hint: 'The file is damaged or its exporter is at fault; onnx.checker.check_model says more.',
  })

export const notSorted = (value: string, user: string): NnfuseError =>
  new NnfuseError('ONNX_NOT_SORTED', `${user} uses value "${value}" before the node that makes it`, {
    path: value,
    hint: 'ONNX wants nodes in an order that can be run; the graph may also have a cycle.',
  })

export const cannotExpress = (path: string, message: string, hint?: string): NnfuseError =>
  new NnfuseError('CANNOT_EXPRESS', `"${path}" cannot be written as ONNX: ${message}`, {
    path,
    hint: hint ?? 'Replace the layer by one that ONNX has, or write with a newer opset.',
  })

export const stringsStay = (name: string): NnfuseError =>
  cannotExpress(
    name,
    'tensors of strings are not read, so only the file that has it can be written with it',
    'Write the model that was read, or an edited copy of it: `model.with(root)`.',
  )

export const inputTypesNeeded = (input: string): NnfuseError =>
  new NnfuseError(
    'INPUT_TYPES_NEEDED',
    `an ONNX file states the type of its inputs, and nothing says that of "${input}"`,
    {
      path: input,
      hint: `Pass { inputs: { ${JSON.stringify(input)}: { dtype: 'float32', shape: ['batch', 3, 224, 224] } } }.`,
    },
  )

export const tooLarge = (size: number): NnfuseError =>
  new NnfuseError(
    'ONNX_TOO_LARGE',
    `the file would be ${size} bytes long, and an ONNX file ends below 2 GiB`,
    {
      hint: 'Write its weights to a file beside it: external data.',
    },
  )

export const sameFile = (path: string): NnfuseError =>
  new NnfuseError('OUTPUT_IS_INPUT', `"${path}" is the file that the model was read from`, {
    path,
    hint: 'Weights are still read from it while writing; choose another name.',
  })

export const cannotOpen = (path: string, cause: unknown): NnfuseError => {
  const [code, message, hint] = openFailures.get(codeOf(cause)) ?? unreadable
  return new NnfuseError(code, `"${path}" ${message}`, { path, hint, cause })
}

export const isDirectory = (path: string): NnfuseError =>
  new NnfuseError('IS_DIRECTORY', `"${path}" is a directory`, { path, hint: 'Name a file.' })

export const notAFile = (path: string): NnfuseError =>
  new NnfuseError('NOT_A_FILE', `"${path}" is a device or a pipe`, { path, hint: 'Name a file.' })

export const cannotWrite = (path: string, cause: unknown): NnfuseError => {
  const [code, message, hint] = writeFailures.get(codeOf(cause)) ?? unwritable
  return new NnfuseError(code, `"${path}" ${message}`, { path, hint, cause })
}

export const sourceChanged = (path: string): NnfuseError =>
  new NnfuseError('SOURCE_CHANGED', `"${path}" has changed since it was opened`, {
    path,
    hint: 'Weights are read when they are needed; keep the file as it is until the model is written.',
  })

export const indexOutside = (node: string): NnfuseError =>
  new NnfuseError('ONNX_BAD_INDEX', `"${node}" takes elements at places that its input does not have`, {
    path: node,
    hint: 'No runtime can run this file. Export the model again.',
  })

type Failure = readonly [code: string, message: string, hint: string]

const unreadable: Failure = ['CANNOT_READ', 'cannot be read', 'The cause says why.']
const unwritable: Failure = ['CANNOT_WRITE', 'cannot be written', 'The cause says why.']

const openFailures: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ['ENOENT', ['NO_SUCH_FILE', 'does not exist', 'Check the name and the folder.']],
  ['ENOTDIR', ['NO_SUCH_FILE', 'does not exist', 'Check the name and the folder.']],
  ['EISDIR', ['IS_DIRECTORY', 'is a directory', 'Name a file.']],
  ['EACCES', ['NO_PERMISSION', 'may not be read by you', 'Change its permissions.']],
  ['EPERM', ['NO_PERMISSION', 'may not be read by you', 'Change its permissions.']],
])

const writeFailures: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ['ENOENT', ['NO_SUCH_FILE', 'cannot be written: its folder does not exist', 'Create the folder first.']],
  ['ENOTDIR', ['NO_SUCH_FILE', 'cannot be written: its folder is a file', 'Choose another folder.']],
  ['EISDIR', ['IS_DIRECTORY', 'is a directory', 'Name a file.']],
  ['EACCES', ['NO_PERMISSION', 'may not be written by you', 'Change the permissions of its folder.']],
  ['EPERM', ['NO_PERMISSION', 'may not be written by you', 'Change the permissions of its folder.']],
  ['EROFS', ['NO_PERMISSION', 'is on a read-only disk', 'Choose another folder.']],
  ['ENOSPC', ['DISK_FULL', 'does not fit on the disk', 'Free some space or choose another folder.']],
])

const codeOf = (cause: unknown): string => String((cause as { code?: unknown } | undefined)?.code ?? '')
