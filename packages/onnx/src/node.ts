import { basename } from 'node:path'
import { isNnfuseError, type Model, type ModelLike, toModel } from '@nnfuse/ir'
import { importOnnx, type ReadOptions } from './import-onnx.js'
import { withExternalFiles } from './node/external-files.js'
import { fileSource, withOpenFiles } from './node/file-source.js'
import { filesOfModel, filesOfSegments } from './node/model-files.js'
import { writeFiles } from './node/write-file.js'
import { type OnnxCounts, type OnnxPlan, planOnnx, type WriteOptions } from './write-model.js'

export { type FileSource, fileSource } from './node/file-source.js'
export { filesOfModel } from './node/model-files.js'

/**
 * Reads an ONNX file, and the files beside it that it keeps weights in. Weights are read when they are needed, so
 * the files must stay as they are until the model is written.
 *
 * @throws NnfuseError `NO_SUCH_FILE`, `IS_DIRECTORY`, `NO_PERMISSION`, `CANNOT_READ`, and what `importOnnx` throws
 * @example
 * ```ts
 * const model = await readOnnx('resnet50.onnx')
 * ```
 */
export const readOnnx = async (path: string, options: ReadOptions = {}): Promise<Model> => {
  const source = await fileSource(path)
  return await withOpenFiles([source], () =>
    withExternalFiles(path, (openExternal) => importOnnx(source, { ...options, openExternal })),
  )
}

/** How to write a model to disk. */
export interface FileOptions extends WriteOptions {
  /**
   * Keep tensors of more than 1 KiB in a file beside the model's, `<name>.data`. Default: where the model's file would
   * else be larger than 2 GiB, which ONNX does not allow.
   */
  readonly externalData?: boolean
}

const planFiles = async (
  model: ModelLike,
  path: string,
  { externalData, ...options }: FileOptions,
): Promise<OnnxPlan> => {
  const beside = (): Promise<OnnxPlan> =>
    planOnnx(model, { ...options, externalData: `${basename(path)}.data` })
  if (externalData === true) return await beside()
  return await planOnnx(model, options).catch((error: unknown) => {
    if (externalData === false || !isNnfuseError(error) || error.code !== 'ONNX_TOO_LARGE') throw error
    return beside()
  })
}

/**
 * Writes a model as an ONNX file, with its weights inside or in a file beside it. Files appear under their names when
 * they are complete, the weights' first; what was there is replaced then and not before.
 *
 * @returns what was written
 * @throws NnfuseError `OUTPUT_IS_INPUT` for a file that the model was read from, `IS_DIRECTORY`, `NOT_A_FILE`,
 * `NO_SUCH_FILE`, `NO_PERMISSION`, `DISK_FULL`, `CANNOT_WRITE`, and what `planOnnx` throws; nothing is left behind.
 * @example
 * ```ts
 * await writeOnnx(fuse(await readOnnx('resnet50.onnx')).model, 'resnet50.fused.onnx')
 * ```
 */
export const writeOnnx = async (
  model: ModelLike,
  path: string,
  options: FileOptions = {},
): Promise<OnnxCounts> => {
  const { segments, externalData, counts } = await planFiles(model, path, options)
  const files = filesOfSegments([...segments, ...(externalData?.segments ?? [])])
  const inputs = [...files, ...filesOfModel(toModel(model))].map((file) => file.path)
  const data = externalData ? [{ path: `${path}.data`, segments: externalData.segments }] : []
  await withOpenFiles(files, () => writeFiles([...data, { path, segments }], inputs))
  return counts
}
