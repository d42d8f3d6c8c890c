import { uniqueNames } from '@nnfuse/ir'

/**
 * Gives out names for values of a graph that nothing else has.
 *
 * @param enclosing names in the graphs around it
 * @param taken names in it, and in the graphs inside its nodes
 */
export const freshNames = (
  enclosing: readonly ReadonlySet<string>[],
  taken: Iterable<string>,
): ((name: string) => string) => {
  const unique = uniqueNames(taken)
  return (wanted) => {
    let name = unique(wanted)
    while (enclosing.some((scope) => scope.has(name))) name = unique(wanted)
    return name
  }
}
