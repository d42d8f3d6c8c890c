import { byteLength, isNnfuseError, type Model, print, readBytes } from '@nnfuse/ir'
import { fuse } from 'nnfuse'
import {
  documentOf,
  importOnnx,
  initializerTensors,
  memorySource,
  onnxCounts,
  serializeOnnx,
} from '../../src/index.js'

/** What became of a file: the code of the error that reading or writing gave, or how many rules were applied. */
export type Outcome =
  | { readonly refused: string }
  | { readonly unwritable: string }
  | { readonly fused: number }

const externalFile = memorySource(new Uint8Array(64), 'weights.bin')

/** The code of an error that says what, where and what to do; any other is a fault of ours. */
const allowed = async <T>(work: () => Promise<T>): Promise<T | string> => {
  try {
    return await work()
  } catch (error) {
    if (!isNnfuseError(error)) throw error
    const { code, message, path, hint } = error
    if (!message || !path || !hint)
      throw new Error(`${code} does not say where, or what to do`, { cause: error })
    return code
  }
}

const expectSame = (a: Uint8Array, b: Uint8Array, what: string): void => {
  if (Buffer.compare(a, b) !== 0) throw new Error(what)
}

const smallEnough = 2 ** 16

/** Looks at everything that reading gives. */
const inspect = async (model: Model): Promise<void> => {
  print(model.root)
  onnxCounts(model)
  initializerTensors(model)
  for (const tensor of documentOf(model)?.tensors.values() ?? []) {
    if (byteLength(tensor) <= smallEnough) await allowed(() => readBytes(tensor))
  }
}

const isExternal = (model: Model): boolean =>
  [...(documentOf(model)?.initializers.values() ?? [])].some(({ external }) => external)

/** Half of the files with initializers that are inputs as constants. */
const read = (bytes: Uint8Array): Promise<Model> =>
  importOnnx(bytes, {
    name: 'm.onnx',
    openExternal: () => Promise.resolve(externalFile),
    foldOverridable: bytes.length % 2 === 1,
  })

/** What is fused can be read, and fusing it again, which is tried with some, leaves it as it is. */
const examineFused = async (model: Model): Promise<number> => {
  const { model: fused, report } = fuse(model)
  const written = await serializeOnnx(fused)
  const reread = await allowed(() => read(written))
  if (typeof reread === 'string') throw new Error(`what was written cannot be read: ${reread}`)
  if (written.length % 4 === 0)
    expectSame(await serializeOnnx(fuse(reread).model), written, 'fusing again changed the file')
  return report.applied.length
}

const examineModel = async (model: Model, bytes: Uint8Array): Promise<number> => {
  await inspect(model)
  const copy = await serializeOnnx(model)
  if (!isExternal(model)) expectSame(copy, bytes, 'what was not changed was not written as it was')
  return await examineFused(model)
}

/**
 * Reads a file, looks at all of it, fuses it and writes it.
 *
 * @throws Error where anything but a proper error comes of it, or a file that is not what it should be
 */
export const examine = async (bytes: Uint8Array): Promise<Outcome> => {
  const model = await allowed(() => read(bytes))
  if (typeof model === 'string') return { refused: model }
  const fused = await allowed(() => examineModel(model, bytes))
  return typeof fused === 'string' ? { unwritable: fused } : { fused }
}
