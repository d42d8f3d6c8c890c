import { badName } from './errors.js'

const longest = 214 // npm's limit

/** What is wrong with the name of a package, as npm sees it for new ones; undefined where nothing is. */
const problemOf = (name: string): string | undefined => {
  if (name === '') return 'it is empty'
  if (name.length > longest) return `it is longer than ${longest} characters`
  if (name !== name.toLowerCase()) return 'it has capital letters'
  const parts = /^(?:@([^/]+)\/)?([^/]+)$/.exec(name)
  if (parts === null) return 'a slash stands only after an @scope'
  const [, scope = 'scope', rest = ''] = parts
  if (!/^[a-z0-9~_.-]+$/.test(scope + rest)) return 'it may have letters, digits and . _ - ~ only'
  return /^[._]/.test(rest) || /^[._]/.test(scope) ? 'it starts with a dot or an underscore' : undefined
}

/** @throws NnfuseError `BAD_NAME` */
export const checkName = (name: string): void => {
  const problem = problemOf(name)
  if (problem !== undefined) throw badName(name, problem)
}

/** `groupnorm` of `@acme/nnfuse-plugin-groupnorm`: its kinds and rules have it before their names. */
export const prefixOf = (name: string): string =>
  name
    .replace(/^@[^/]+\//, '')
    .replace(/^nnfuse-plugin-(?=.)/, '')
    .replace(/[^a-z0-9-]+/g, '-')
