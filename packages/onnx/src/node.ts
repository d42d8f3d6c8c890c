import { type Model, type ModelLike, toModel } from '@nnfuse/ir'
import { importOnnx, type ReadOptions } from './import-onnx.js'
import { externalFiles } from './node/external-files.js'
import { fileSource } from './node/file-source.js'
import { filesOf } from './node/model-files.js'
import { writeFile } from './node/write-file.js'
import { planOnnx, type WriteOptions } from './write-model.js'

export { type FileSource, fileSource } from './node/file-source.js'

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
export const readOnnx = async (path: string, options: ReadOptions = {}): Promise<Model> =>
  importOnnx(await fileSource(path), { ...options, openExternal: externalFiles(path) })

/**
 * Writes a model as an ONNX file, its weights inside. The file appears under its name when it is complete; one that
 * was there is replaced then and not before.
 *
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
  options: WriteOptions = {},
): Promise<void> => {
  const { segments } = await planOnnx(model, options)
  await writeFile(path, segments, filesOf(toModel(model), segments))
}
