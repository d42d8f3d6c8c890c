import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { satisfies, validRange } from 'semver'
import { versionMismatch } from './errors.js'
import { manifestOf } from './manifest.js'
import { findPackage } from './resolve-plugin.js'

const here = dirname(fileURLToPath(import.meta.url))

const isOurs = (name: string): boolean => name === 'nnfuse' || name.startsWith('@nnfuse/')

/** The version of one of our packages that this command runs; undefined where it uses none. */
const runningVersion = async (name: string): Promise<string | undefined> => {
  const file = await findPackage(name, here)
  return file === undefined ? undefined : (await manifestOf(file))?.version
}

/**
 * Holds a plugin's `peerDependencies` on our packages against what runs: its rules are applied by that, also where an
 * older copy lies beside the plugin.
 *
 * @throws NnfuseError `PLUGIN_VERSION`
 */
export const checkVersions = async (plugin: string, file: string): Promise<void> => {
  const { peerDependencies = {} } = (await manifestOf(file)) ?? {}
  for (const [name, range] of Object.entries(peerDependencies)) {
    if (!isOurs(name) || validRange(range) === null) continue // such as `workspace:^`
    const version = await runningVersion(name)
    if (version !== undefined && !satisfies(version, range, { includePrerelease: true })) {
      throw versionMismatch(plugin, { name, range, version })
    }
  }
}
