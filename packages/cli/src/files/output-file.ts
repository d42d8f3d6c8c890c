import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { cannotWrite, outputIsInput, outputNoFile } from '../errors.js'

/** `dir/resnet.onnx` gives `dir/resnet.fused.onnx`. */
export const defaultOutput = (input: string, what = 'fused'): string => {
  const extension = extname(input)
  return join(dirname(input), `${basename(input, extension)}.${what}${extension || '.onnx'}`)
}

const statOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined)

/** Where a link leads, so that renaming replaces the file and not the link. */
const targetOf = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))

const isSame = (a: Stats | undefined, b: Stats | undefined): boolean =>
  a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev

/**
 * Where an output is really written, once it is sure that a file may be put there.
 *
 * @param inputs files that are read and so must survive
 * @throws NnfuseError `OUTPUT_IS_INPUT` (also through links), `BAD_OUTPUT` or `CANNOT_WRITE`.
 */
export const checkOutput = async (output: string, inputs: Iterable<string>): Promise<string> => {
  const there = await statOf(output)
  for (const input of inputs) if (isSame(there, await statOf(input))) throw outputIsInput(output)
  if (there?.isDirectory()) throw outputNoFile(output, 'a directory')
  if (there !== undefined && !there.isFile()) throw outputNoFile(output, 'a device, not a file')
  const target = await targetOf(output)
  await stat(dirname(target)).catch((cause: unknown) => {
    throw cannotWrite(output, cause)
  })
  return target
}
