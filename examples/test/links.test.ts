import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/* Every relative link of a page leads to a file, and to a heading in it where it names one. */

const root = new URL('../../', import.meta.url)

const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', '.changeset/README.md'],
  ...readdirSync(new URL('docs', root), { recursive: true, encoding: 'utf8' }).flatMap((file) =>
    file.endsWith('.md') ? [`docs/${file}`] : [],
  ),
  ...readdirSync(new URL('packages', root)).map((folder) => `packages/${folder}/README.md`),
  ...readdirSync(new URL('examples', root))
    .map((folder) => `examples/${folder}/README.md`)
    .filter((page) => existsSync(new URL(page, root))),
]

const withoutCode = (page: string): string => page.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '``')

const linksIn = (page: string): string[] =>
  [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))

/** As GitHub makes them: `## Which rule wins` is `which-rule-wins`. */
const headingsIn = (page: string): string[] =>
  [...page.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

const problemOf = (page: URL, link: string): string | undefined => {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? page : new URL(path, page)
  if (!existsSync(target)) return `${link}: no such file`
  if (heading === undefined) return undefined
  return headingsIn(readFileSync(target, 'utf8')).includes(heading) ? undefined : `${link}: no such heading`
}

test.each(pages)('the links of %s lead somewhere', (name) => {
  const page = new URL(name, root)
  const links = linksIn(readFileSync(page, 'utf8'))
  expect(links.map((link) => problemOf(page, link)).filter((problem) => problem !== undefined)).toEqual([])
})

test('links are found', () => {
  expect(linksIn(readFileSync(new URL('README.md', root), 'utf8')).length).toBeGreaterThan(10)
})
