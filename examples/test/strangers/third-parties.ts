import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A package that lies in a folder, unpacked. */
export interface Unpacked {
  readonly folder: string
  readonly manifest: Manifest
}

/** The parts of a package.json that a registry looks at; it hands on the whole. */
export interface Manifest {
  readonly name: string
  readonly version: string
}

const store = fileURLToPath(new URL('../../../node_modules/.pnpm/', import.meta.url))

/** `@scope+name@1.0.0_peer@2.0.0` is `@scope/name`. */
const nameOf = (entry: string): string => entry.replace(/(?<=.)@.*$/, '').replace(/^(@[^+]+)\+/, '$1/')

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/**
 * Every package of others that is installed in this repository, by name: what our packages and their users need, in the
 * versions that are tested here, without a network.
 */
export const thirdParties = (): ReadonlyMap<string, readonly Unpacked[]> => {
  const found = new Map<string, Unpacked[]>()
  for (const entry of readdirSync(store)) {
    const name = nameOf(entry)
    const folder = join(store, entry, 'node_modules', name)
    if (!existsSync(join(folder, 'package.json'))) continue
    found.set(name, [...(found.get(name) ?? []), { folder, manifest: manifestIn(folder) }])
  }
  return found
}
