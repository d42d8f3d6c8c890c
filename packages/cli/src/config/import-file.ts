import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

/**
 * jiti resolves as Node does for imports, from any folder, and runs TypeScript on every Node. It is loaded only where
 * there is something to load.
 *
 * @param from the file whose imports are meant; it need not exist
 */
export const loaderFrom = async (from: string): Promise<Jiti> => {
  const { createJiti } = await import('jiti')
  return createJiti(from, { fsCache: false, interopDefault: false })
}

const isTypeScript = (file: string): boolean => /\.[cm]?ts$/.test(file)

/** Imports a file. JavaScript is Node's own business; but it does not say where a syntax error is, which jiti does. */
export const importFile = async (file: string): Promise<Exports> => {
  const withJiti = async (): Promise<Exports> => (await loaderFrom(file)).import<Exports>(file)
  if (isTypeScript(file)) return await withJiti()
  return await import(pathToFileURL(file).href).catch((error: unknown) => {
    if (error instanceof SyntaxError) return withJiti()
    throw error
  })
}
