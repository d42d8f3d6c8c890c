import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The parts of a package.json that matter here. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** The package.json in a folder; undefined where there is none that can be read. */
export const manifestIn = async (folder: string): Promise<Manifest | undefined> => {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** The package.json of the package that a file belongs to. One without a name only says how files are read. */
export const manifestOf = async (file: string): Promise<Manifest | undefined> => {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = await manifestIn(folder)
    if (manifest?.name !== undefined) return manifest
    if (folder === dirname(folder)) return undefined
  }
}
