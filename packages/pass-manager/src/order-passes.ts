import { passCycle } from './errors.js'
import type { Pass } from './pass.js'

/** Names by which others may refer to a pass: its own, and those of the passes in it. */
const namesIn = (pass: Pass): ReadonlySet<string> => {
  const names = new Set<string>()
  const stack = [pass]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    names.add(next.name)
    stack.push(...(next.parts?.passes ?? []))
  }
  return names
}

type Names = ReadonlyMap<string, ReadonlySet<string>>

/** By name, the passes that must come first. A pass that is listed twice is one entry. */
const predecessorsOf = (passes: readonly Pass[]): Names => {
  const namesOf = new Map(passes.map((pass) => [pass.name, namesIn(pass)]))
  const predecessors = new Map(passes.map((pass) => [pass.name, new Set<string>()]))
  const meant = (reference: string, by: Pass): string[] =>
    [...namesOf]
      .filter(([name, names]) => names.has(reference) && (name !== by.name || name === reference))
      .map(([name]) => name)
  for (const pass of passes) {
    const after = (pass.after ?? []).flatMap((reference) => meant(reference, pass))
    const before = (pass.before ?? []).flatMap((reference) => meant(reference, pass))
    for (const first of after) predecessors.get(pass.name)?.add(first)
    for (const later of before) predecessors.get(later)?.add(pass.name)
  }
  return predecessors
}

/** Each of the names waits for another of them, so going back from one to the next comes round. */
const cycleAmong = (names: ReadonlySet<string>, predecessors: Names): string[] => {
  const back: string[] = []
  let [name] = names
  while (name !== undefined && !back.includes(name)) {
    back.push(name)
    name = [...(predecessors.get(name) ?? [])].find((first) => names.has(first))
  }
  const around = back.slice(back.indexOf(name as string)).reverse()
  return [...around.slice(-1), ...around]
}

/**
 * Puts passes into an order in which each comes after those that must precede it, by `before` and `after`. It is
 * stable: the next is always the first in the list that has nothing to wait for. Names that are not in the list are
 * no constraint. A name that occurs inside a pipeline stands for the whole pipeline; what the passes inside ask for is
 * that pipeline's own affair.
 *
 * @throws NnfuseError `PASS_CYCLE` naming the passes that wait for each other.
 */
export const orderPasses = (passes: readonly Pass[]): Pass[] => {
  const predecessors = predecessorsOf(passes)
  const ordered: Pass[] = []
  const left = [...passes]
  while (left.length > 0) {
    const names = new Set(left.map((pass) => pass.name))
    const isFree = ({ name }: Pass) => ![...(predecessors.get(name) ?? [])].some((first) => names.has(first))
    const next = left.findIndex(isFree)
    if (next < 0) throw passCycle(cycleAmong(names, predecessors))
    ordered.push(...left.splice(next, 1))
  }
  return ordered
}
