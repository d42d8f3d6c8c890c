import type { AnyModule } from '@nnfuse/ir'
import {
  type GraphRewrite,
  type OutputsPattern,
  type PatternSource,
  type Rule,
  type RuleOptions,
  rule,
  type ValuePattern,
} from '@nnfuse/matcher'

/** A rule beside the pattern that its author wrote, so that the checker need not trust what `rule` makes of it. */
export interface KnownRule {
  readonly rule: Rule
  readonly outputs: readonly ValuePattern[]
}

/** A rule with a graph pattern. */
export const graphRule = <C>(
  name: string,
  pattern: ValuePattern<C> | OutputsPattern<C>,
  rewrite: GraphRewrite<C>,
  options: RuleOptions<readonly AnyModule[], C> = {},
): KnownRule => ({
  rule: rule(name, pattern, rewrite, options),
  outputs: 'outputs' in pattern ? pattern.outputs : [pattern],
})

/** A rule of which only what `rule` made of it is known. */
export const madeRule = (made: Rule): KnownRule => {
  const { ops, outputs, names } = made.pattern
  const nodes: ValuePattern['node'][] = []
  const patternOf = (source: PatternSource): ValuePattern => {
    if ('op' in source) return { node: nodes[source.op] as ValuePattern['node'], output: source.output }
    const [name = `open ${source.open}`] =
      [...names].find(([, other]) => 'open' in other && other.open === source.open) ?? []
    return { node: { any: name }, output: 0 }
  }
  for (const { slot, inputs, name } of ops)
    nodes.push({ slot, ...(inputs && { inputs: inputs.map(patternOf) }), ...(name && { name }) })
  return { rule: made, outputs: outputs.map((op) => patternOf({ op, output: 0 })) }
}
