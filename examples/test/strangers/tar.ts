import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'

/* Written here because `tar` writes files of the same content, which pnpm links, as links; npm unpacks none. */

const block = 512

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`

/** A path in the two fields that a ustar header has for it: 100 bytes, and what stands before them. */
const fieldsOf = (path: string): [name: string, prefix: string] => {
  if (Buffer.byteLength(path) <= 100) return [path, '']
  const cut = path.indexOf('/', path.length - 101)
  return [path.slice(cut + 1), path.slice(0, cut)]
}

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format" */
const headerOf = (path: string, size: number, isExecutable: boolean): Buffer => {
  const header = Buffer.alloc(block)
  const [name, prefix] = fieldsOf(path)
  header.write(name, 0)
  header.write(octal(isExecutable ? 0o755 : 0o644, 8), 100)
  header.write(octal(size, 12), 124)
  header.write(octal(0, 12), 136)
  header.write('        0', 148) // the checksum counts as spaces; type 0 is a file
  header.write('ustar\x0000', 257)
  header.write(prefix, 345)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 7)} `, 148)
  return header
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

/**
 * The files in a folder as a tarball of npm, uncompressed, piece by piece.
 *
 * @param isWanted asked with each path in the folder
 */
export function* tarOf(folder: string, isWanted: (path: string) => boolean): Generator<Buffer> {
  for (const file of filesIn(folder)) {
    const path = file.slice(folder.length + 1).replaceAll(sep, '/')
    if (!isWanted(path)) continue
    const bytes = readFileSync(file)
    yield headerOf(`package/${path}`, bytes.length, (statSync(file).mode & 0o100) !== 0)
    yield bytes
    yield Buffer.alloc((block - (bytes.length % block)) % block)
  }
  yield Buffer.alloc(2 * block)
}
