import { type ByteSource, isNnfuseError } from '@nnfuse/ir'
import type { TensorProto } from 'onnx-buf'
import { badExternal, noExternal } from './errors.js'

/** Opens a file that a model names as the place of its weights; `location` is relative to the model. */
export type OpenExternal = (location: string) => Promise<ByteSource>

/** Where the data of an external tensor is. */
export interface ExternalData {
  readonly source: ByteSource
  readonly offset: number
  readonly length: number
}

const numberOf = (name: string, key: string, text: string | undefined, fallback: number): number => {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw badExternal(name, `has the ${key} "${text}"`)
  return value
}

const open = async (
  name: string,
  location: string,
  openExternal: OpenExternal | undefined,
): Promise<ByteSource> => {
  if (openExternal === undefined) throw noExternal(name, location)
  try {
    return await openExternal(location)
  } catch (error) {
    if (!isNnfuseError(error)) throw error
    throw badExternal(name, `cannot be read: ${error.message}`, error)
  }
}

/**
 * Finds the data of a tensor that is kept outside the model.
 *
 * @param size bytes that the tensor's shape asks for: the length where the file states none
 * @throws NnfuseError `ONNX_EXTERNAL_DATA`
 */
export const readExternal = async (
  { name, externalData }: TensorProto,
  size: number,
  openExternal: OpenExternal | undefined,
): Promise<ExternalData> => {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]))
  const location = entries.get('location')
  if (location === undefined || location === '')
    throw badExternal(name, 'is in another file, but nothing says which')
  const offset = numberOf(name, 'offset', entries.get('offset'), 0)
  const length = numberOf(name, 'length', entries.get('length'), size)
  const source = await open(name, location, openExternal)
  if (offset + length > source.size) {
    throw badExternal(
      name,
      `should end at byte ${offset + length} of "${location}", which has ${source.size}`,
    )
  }
  return { source, offset, length }
}
