// node scripts/bench/copy-with-node.mjs <from> <to> [<from> <to> ...]
//
// Copies files as `nnfuse` writes them, and does nothing else: in pieces of a megabyte, reading while writing, to a
// temporary file that gets its name when the disk has it all. No program for Node that keeps to that can be quicker.

import { open, rename } from 'node:fs/promises'
import { Flushing } from '../../packages/onnx/dist/node/flushing.js'

const size = 2 ** 20

/** @param {string} from @param {string} to */
const copy = async (from, to) => {
  const input = await open(from)
  const output = await open(`${to}.tmp`, 'wx')
  const { size: end } = await input.stat()
  const flushing = new Flushing(output)
  let next = 0
  const writer = async () => {
    const buffer = new Uint8Array(size)
    for (let at = next; at < end; at = next) {
      next += size
      const { bytesRead } = await input.read(buffer, 0, size, at)
      await output.write(buffer, 0, bytesRead, at)
      flushing.written(bytesRead)
    }
  }
  await Promise.all([writer(), writer(), writer(), writer()])
  await flushing.finish()
  await Promise.all([input.close(), output.close()])
  await rename(`${to}.tmp`, to)
}

const paths = process.argv.slice(2)
for (let i = 0; i < paths.length; i += 2)
  await copy(/** @type {string} */ (paths[i]), /** @type {string} */ (paths[i + 1]))
