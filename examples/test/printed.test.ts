import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/*
 * What pages say that programs and commands print is what they print. After a change that is meant,
 * UPDATE_PAGES=1 npx vitest run examples/test/printed.test.ts writes it into the pages; look at the difference.
 */

const root = new URL('../../', import.meta.url)
const examples = new URL('examples/', root)
const command = new URL('packages/cli/dist/main.js', root).pathname

const pages = readdirSync(new URL('docs', root)).flatMap((file) =>
  file.endsWith('.md') ? [`docs/${file}`] : [],
)

const read = (page: string): string => readFileSync(new URL(page, root), 'utf8')

/** What is said to print something, and the whole passage that says so. */
const outputsIn = (page: string): [page: string, what: string, passage: string][] => {
  const passages = read(page).matchAll(/<!-- What `([^`]+)` prints\. [^>]*-->\n\n```text\n.*?```/gs)
  return [...passages].map(([passage, what = '']) => [page, what, passage])
}

const printedByProgram = async (file: string): Promise<string> => {
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void lines.push(values.join(' ')))
  await import(new URL(file, root).pathname)
  vi.restoreAllMocks()
  return `${lines.join('\n')}\n`
}

const printedByCommand = (line: string): string => {
  const [, ...rest] = line.split(' ')
  const env = { ...process.env, NO_COLOR: '1' }
  return execFileSync(process.execPath, [command, ...rest], { cwd: examples, env, encoding: 'utf8' })
}

const here = process.cwd()
beforeAll(() => process.chdir(examples.pathname))
afterAll(() => process.chdir(here))

test.each(pages.flatMap(outputsIn))('%s shows what %s prints', async (page, what, passage) => {
  const printed = what.endsWith('.ts') ? await printedByProgram(what) : printedByCommand(what)
  const wanted = `${passage.split('```text\n')[0]}\`\`\`text\n${printed}\`\`\``
  if (process.env['UPDATE_PAGES'] === '1')
    writeFileSync(
      new URL(page, root),
      read(page).replace(passage, () => wanted),
    )
  else expect(passage).toBe(wanted)
})
