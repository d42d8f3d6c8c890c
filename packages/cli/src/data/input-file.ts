import { readFile } from 'node:fs/promises'
import { isNnfuseError, readBytes } from '@nnfuse/ir'
import { parseTensor } from '@nnfuse/onnx'
import { badInputs, cannotReadInputs, messageOf } from '../errors.js'
import type { Feed } from '../runtime/loaded-model.js'
import { parseNpyTensor } from './npy.js'

/** What a file holds. */
export interface InputFile {
  /** What it says that the tensor is called; '' where it says nothing. */
  readonly name: string
  readonly feed: Feed
}

const fromTensorProto = async (bytes: Uint8Array, path: string): Promise<InputFile> => {
  try {
    const { name, tensor } = parseTensor(bytes, path)
    const { dtype, shape } = tensor
    return { name, feed: { dtype, shape, bytes: await readBytes(tensor) } }
  } catch (cause) {
    if (!isNnfuseError(cause)) throw cause
    throw badInputs(path, messageOf(cause), 'A .pb file holds one serialized TensorProto.', cause)
  }
}

/**
 * Reads one tensor from a .npy file, or a .pb file with a TensorProto.
 *
 * @throws NnfuseError `CANNOT_READ_INPUTS`, `BAD_NPY` or `BAD_INPUTS`
 */
export const readInputFile = async (path: string): Promise<InputFile> => {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw cannotReadInputs(path, cause)
  })
  return path.endsWith('.npy')
    ? { name: '', feed: parseNpyTensor(bytes, path) }
    : await fromTensorProto(bytes, path)
}
