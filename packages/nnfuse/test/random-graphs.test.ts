import { type AnyModule, inference, regionsOf, walk } from '@nnfuse/ir'
import {
  dropIdentity,
  flatten,
  fuse as fusePass,
  type Pass,
  type Plugin,
  pipeline,
  type Report,
  repeat,
} from '@nnfuse/pass-manager'
import { run } from '@nnfuse/runtime'
import { codeOfModel, compareOutputs, randomInputs } from '@nnfuse/testing'
import { assert, asyncProperty } from 'fast-check'
import { expect, test } from 'vitest'
import { defaultPlugins, fuse } from '../src/index.js'
import { leftIn, planProblems } from './brute-force/check-fusing.js'
import { type KnownRule, madeRule } from './brute-force/known-rule.js'
import { graphPlugin, graphRules } from './random-graphs/graph-rules.js'
import { growGraph } from './random-graphs/grow-graph.js'
import { type Recipe, recipes } from './random-graphs/recipe.js'

/*
 * Random networks of all layers, with branches, shared layers and weights, nested containers, hooks and mixed modes, are
 * fused and must compute what they computed. A checker that knows nothing of the matcher goes over every plan, and over
 * what is left.
 *
 * FUSE_GRAPHS=5000 FUSE_SEED=7 tries more and others.
 */

const { FUSE_GRAPHS, FUSE_SEED } = process.env
const seed = Number(FUSE_SEED ?? 0)
const runs = (usual: number): number => Number(FUSE_GRAPHS ?? usual)
const timeout = 120_000 + runs(0) * 2000

/** The usual pipeline, which notes the models that fusing is given, round by round. */
const watchedPipeline = (rounds: AnyModule[]): Pass => {
  const watched: Pass = {
    ...fusePass,
    run: (model, cx) => {
      rounds.push(model)
      return fusePass.run(model, cx)
    },
  }
  return pipeline(flatten, dropIdentity, repeat({ max: 40 }, watched))
}

type Shapes = ReturnType<typeof growGraph>['inputs']

/** What a training step leaves of two models, run for inference. */
const compareAfterStep = async (unfused: AnyModule, fused: AnyModule, inputs: Shapes) => {
  const numbers = randomInputs(inputs, 1)
  const [a, b] = [(await run(unfused, numbers)).model, (await run(fused, numbers)).model]
  return compareOutputs(inference(a), inference(b), { inputs })
}

const trains = (model: AnyModule): boolean => [...walk(model)].some(({ module }) => module.training)

const numericProblems = async (unfused: AnyModule, fused: AnyModule, inputs: Shapes): Promise<string[]> => {
  const now = await compareOutputs(unfused, fused, { inputs })
  const later = trains(unfused) ? await compareAfterStep(unfused, fused, inputs) : undefined
  return [now?.problem ?? [], later ? `after a training step: ${later.problem}` : []].flat()
}

const engineProblems = (rounds: readonly AnyModule[], fused: AnyModule, rules: readonly KnownRule[]) => [
  ...rounds.flatMap(regionsOf).flatMap(({ graph }) => planProblems(graph, rules)),
  ...regionsOf(fused).flatMap(({ graph }) => leftIn(graph, rules)),
]

/** Fuses one random network; throws where anything is wrong with the result. */
const fuseChecked = async (
  recipe: Recipe,
  plugins: readonly Plugin[],
  rules: readonly KnownRule[],
): Promise<Report> => {
  const { model, inputs } = growGraph(recipe)
  const rounds: AnyModule[] = []
  const { model: fused, report } = fuse(model, {
    plugins,
    pipeline: watchedPipeline(rounds),
    ...(recipe.typed && { inputs: inputs.map((shape) => ({ dtype: 'float32', shape })) }),
  })
  const problems = [
    ...engineProblems(rounds, fused.root, rules),
    ...(await numericProblems(model, fused.root, inputs)),
  ]
  if (problems.length > 0) throw new Error(`${problems.join('\n\n')}\n\n${await codeOfModel(model)}`)
  return report
}

/** Everything that was applied to so many random networks. */
const appliedTo = async (
  numRuns: number,
  plugins: readonly Plugin[],
  rules: readonly KnownRule[],
): Promise<Report['applied'][number][]> => {
  const applied: Report['applied'][number][] = []
  const property = asyncProperty(recipes, async (recipe) => {
    applied.push(...(await fuseChecked(recipe, plugins, rules)).applied)
  })
  await assert(property, { seed, numRuns })
  return applied
}

const defaultRules = defaultPlugins().flatMap(({ rules = [] }) => rules.map(madeRule))

test(
  'the default rules leave random networks computing the same, apply only where it is legal, and miss nothing',
  async () => {
    const applied = await appliedTo(runs(90), defaultPlugins(), defaultRules)
    expect(applied.length).toBeGreaterThan(100)
  },
  timeout,
)

test(
  'so do graph rules of every shape together with them',
  async () => {
    const plugins = [...defaultPlugins(), graphPlugin()]
    const applied = await appliedTo(runs(140), plugins, [...defaultRules, ...graphRules])
    const names = new Set(applied.map(({ rule }) => rule))
    expect(graphRules.map(({ rule }) => rule.name).filter((name) => !names.has(name))).toEqual([])
    const besideItsLayer = applied.filter(({ path, paths }) => !paths.includes(path))
    expect(besideItsLayer.length).toBeGreaterThan(2)
  },
  timeout,
)
