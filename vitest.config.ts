import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = import.meta.dirname

const folders = [
  ...readdirSync(join(root, 'packages')).map((folder) => `packages/${folder}`),
  'examples',
].filter((folder) => existsSync(join(root, folder, 'package.json')))

const nameOf = (folder: string): string =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).name

export default defineConfig({
  root,
  test: {
    testTimeout: 30_000,
    projects: folders.map((folder) => ({
      extends: true as const,
      root: join(root, folder),
      test: { name: nameOf(folder), include: ['{src,test}/**/*.test.ts'] },
    })),
  },
})
