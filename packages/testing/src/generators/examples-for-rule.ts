import { train } from '@nnfuse/ir'
import type { Rule } from '@nnfuse/matcher'
import { type Arbitrary, constantFrom, tuple } from 'fast-check'
import { chainOf, type Example } from './chain-of.js'
import type { LayerGenerators } from './known-kinds.js'
import type { LayerGenerator } from './layer-generator.js'

/** Mostly inference, which is what most rules are for; in training mode a rule must decline or be right as well. */
const modes = constantFrom(false, false, false, false, true)

const inSomeMode = (examples: Arbitrary<Example>): Arbitrary<Example> =>
  tuple(examples, modes).map(([{ model, inputs }, training]) => ({ model: train(model, training), inputs }))

/**
 * Random models in which a rule's pattern fits, made from its slots; undefined for a graph pattern, and where some slot
 * is of kinds that nobody said how to make.
 */
export const examplesFor = (rule: Rule, generators: LayerGenerators): Arbitrary<Example> | undefined => {
  if (!rule.pattern.isChain) return undefined
  const choices = rule.slots.map(({ kinds }) =>
    kinds.map((kind) => generators.get(kind)).filter((generator) => generator !== undefined),
  )
  if (choices.some((generators) => generators.length === 0)) return undefined
  const chains = tuple(...choices.map((generators) => constantFrom(...generators)))
  return inSomeMode(chains.chain(([first, ...rest]) => chainOf(first as LayerGenerator, ...rest)))
}
