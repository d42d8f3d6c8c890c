import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/* The documentation is complete, and what is written by scripts is what these would write today. */

const root = new URL('../../', import.meta.url)
const docs = new URL('docs/', root)

const run = (script: string): string => {
  const file = fileURLToPath(new URL(script, root))
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  return status === 0 ? 'up to date' : `${stdout}${stderr}`
}

const namesOf = (folder: string): string[] =>
  readdirSync(new URL(folder, docs)).filter((file) => file.endsWith('.md') && file !== 'README.md')

test('the contents lead to every page', () => {
  const contents = readFileSync(new URL('README.md', docs), 'utf8')
  expect(namesOf('.').filter((file) => !contents.includes(`](${file})`))).toEqual([])
})

test.each(['scripts/rule-pages.mjs', 'scripts/api-pages.mjs'])('what %s writes is up to date', (script) => {
  expect(run(script)).toBe('up to date') // after a change that is meant: npm run docs
})

const headings = ['Pattern', 'Conditions', 'Result', 'Numerics', 'Not fused when']

test.each(namesOf('rules/'))('the page of a rule, %s, has the same headings as the others', (file) => {
  const page = readFileSync(new URL(`rules/${file}`, docs), 'utf8')
  expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(headings)
})
