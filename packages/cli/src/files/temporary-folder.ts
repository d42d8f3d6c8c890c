import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cannotWrite } from '../errors.js'

/** Folders that exist now; what is in here is removed when the process is stopped. */
const existing = new Set<string>()

/** Removes what unfinished work has left. For the end of the process only. */
export const removeTemporaryFolders = (): void => {
  for (const folder of existing) rmSync(folder, { recursive: true, force: true })
  existing.clear()
}

/**
 * Gives a fresh folder beside a file, on the same disk, so that renaming out of it is atomic; removes it afterwards.
 *
 * @throws NnfuseError `CANNOT_WRITE` where there can be none.
 */
export const withTemporaryFolder = async <T>(
  file: string,
  use: (folder: string) => Promise<T>,
): Promise<T> => {
  const folder = await mkdtemp(join(dirname(file), '.nnfuse-')).catch((cause: unknown) => {
    throw cannotWrite(file, cause)
  })
  existing.add(folder)
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
    existing.delete(folder)
  }
}
