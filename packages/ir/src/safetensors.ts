import type { DType } from './dtype.js'
import { NnfuseError } from './errors.js'
import { readBytes } from './read-tensor.js'
import { type ByteSource, byteLength, sliceTensor, type Tensor } from './tensor.js'

/*
 * The safetensors format: eight bytes of header length, a JSON header { name: { dtype, shape, data_offsets } }, and the
 * tensors one after the other, little-endian. https://github.com/huggingface/safetensors
 */

// In every runtime, but in no library of ECMAScript's own.
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string }

const names: { readonly [name: string]: DType } = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
  C64: 'complex64',
  F8_E4M3: 'float8e4m3fn',
  F8_E5M2: 'float8e5m2',
  F8_E8M0: 'float8e8m0',
}

const dtypes = new Map(Object.entries(names))
const nameOf = new Map(Object.entries(names).map(([name, dtype]) => [dtype, name]))

/** The format's own limit. */
const longestHeader = 100_000_000

const lengthBytes = 8

const malformed = (file: string, problem: string): NnfuseError =>
  new NnfuseError('SAFETENSORS_MALFORMED', `${file} is no safetensors file: ${problem}`, { path: file })

/** A source over bytes in memory. */
const memorySource = (bytes: Uint8Array): ByteSource => ({
  name: 'the data',
  size: bytes.byteLength,
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
})

const readLength = async (source: ByteSource): Promise<number> => {
  if (source.size < lengthBytes) throw malformed(source.name, `it has ${source.size} bytes`)
  const bytes = await source.read(0, lengthBytes)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true))
  if (length > longestHeader) throw malformed(source.name, `its header would have ${length} bytes`)
  if (length > source.size - lengthBytes)
    throw malformed(source.name, `its header of ${length} bytes is cut off`)
  return length
}

const readHeader = async (source: ByteSource, length: number): Promise<Record<string, unknown>> => {
  const text = new TextDecoder().decode(await source.read(lengthBytes, length))
  try {
    const header: unknown = JSON.parse(text)
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>
  } catch (cause) {
    throw malformed(source.name, `its header is no JSON (${(cause as Error).message})`)
  }
  throw malformed(source.name, 'its header is no JSON object')
}

interface Entry {
  readonly dtype?: unknown
  readonly shape?: unknown
  readonly data_offsets?: unknown
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize)

const tensorOfEntry = (source: ByteSource, start: number, name: string, entry: Entry): Tensor => {
  const { dtype: dtypeName, shape, data_offsets: offsets } = entry
  const dtype = dtypes.get(String(dtypeName))
  const what = `tensor "${name}"`
  if (dtype === undefined)
    throw malformed(source.name, `${what} has the unknown dtype ${JSON.stringify(dtypeName)}`)
  if (!isSizes(shape)) throw malformed(source.name, `${what} has no valid shape`)
  if (!isSizes(offsets) || offsets.length !== 2)
    throw malformed(source.name, `${what} has no valid data_offsets`)
  const [begin, end] = offsets as [number, number]
  const needed = byteLength({ dtype, shape })
  if (end - begin !== needed)
    throw malformed(source.name, `${what} needs ${needed} bytes but has ${end - begin}`)
  if (start + end > source.size) throw malformed(source.name, `${what} lies beyond its end`)
  return sliceTensor(dtype, shape, source, start + begin)
}

/**
 * The tensors of a safetensors file by name. Only the header is read; each tensor is a slice of the file.
 *
 * @throws NnfuseError `SAFETENSORS_MALFORMED` saying what is wrong with which tensor.
 */
export const readSafetensors = async (from: ByteSource | Uint8Array): Promise<Map<string, Tensor>> => {
  const source = from instanceof Uint8Array ? memorySource(from) : from
  const length = await readLength(source)
  const header = await readHeader(source, length)
  const start = lengthBytes + length
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__')
  return new Map(
    entries.map(([name, entry]) => [name, tensorOfEntry(source, start, name, (entry ?? {}) as Entry)]),
  )
}

const headerOf = (state: ReadonlyMap<string, Tensor>): Uint8Array => {
  let offset = 0
  const entries = [...state].map(([name, tensor]) => {
    const dtype = nameOf.get(tensor.dtype)
    if (dtype === undefined) {
      throw new NnfuseError('DTYPE_UNREADABLE', `safetensors has no name for ${tensor.dtype} ("${name}")`, {
        path: name,
      })
    }
    const begin = offset
    offset += byteLength(tensor)
    return [name, { dtype, shape: tensor.shape, data_offsets: [begin, offset] }] as const
  })
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  return padded(header)
}

/** With blanks at its end, so that the data starts at a multiple of eight and readers can look at it in place. */
const padded = (header: Uint8Array): Uint8Array => {
  const result = new Uint8Array(Math.ceil(header.length / 8) * 8).fill(0x20)
  result.set(header)
  return result
}

/**
 * A state dict as a safetensors file; deferred tensors are computed.
 *
 * @throws NnfuseError `DTYPE_UNREADABLE` for a dtype that the format has no name for.
 */
export const writeSafetensors = async (state: ReadonlyMap<string, Tensor>): Promise<Uint8Array> => {
  const header = headerOf(state)
  const size = [...state.values()].reduce((sum, tensor) => sum + byteLength(tensor), 0)
  const file = new Uint8Array(lengthBytes + header.length + size)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, lengthBytes)
  let offset = lengthBytes + header.length
  for (const tensor of state.values()) {
    file.set(await readBytes(tensor), offset)
    offset += byteLength(tensor)
  }
  return file
}
