import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pictures } from './draw-shapes.js'

/** numpy writes a header of 128 bytes before the pixels, which are bytes here. */
const pixels = async (path: string): Promise<Uint8Array> => (await readFile(path)).subarray(128)

/** The pictures that the example model is tested on. */
export const readPictures = async (folder: string): Promise<Pictures> => {
  const labels = Array.from(await pixels(join(folder, 'labels.npy')))
  const data = Float32Array.from(await pixels(join(folder, 'inputs.npy')))
  return { data, shape: [labels.length, 1, 28, 28], labels }
}
