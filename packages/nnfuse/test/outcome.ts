import { type AnyModule, findModule, Model, Sequential, withTraining } from '@nnfuse/ir'
import {
  type FuseModulesOptions,
  type FuserFunc,
  fuseKnownModules,
  fuseModules,
  fuseModulesQat,
  type Groups,
  getFuserMethod,
} from '../src/index.js'
import { kindNamed } from './build-layer.js'
import { attachHooks, buildModel } from './build-model.js'
import { configs, fuserFuncs } from './custom-fusers.js'
import type { GoldenCase, Observed } from './golden-case.js'
import { observe } from './observe.js'
import { runOn } from './run-on.js'

/** What our API did with a golden case. */
export interface Outcome {
  readonly error?: { readonly code?: string; readonly name?: string; readonly message: string }
  /** The result; after an error, the model that was given. */
  readonly observed: Required<Observed>
  readonly same: boolean
  readonly output?: ArrayLike<number>
  readonly fired: readonly string[]
}

const groupsOf = (groups: unknown): Groups => {
  const isIterator = typeof groups === 'object' && groups !== null && 'iterator' in groups
  return (isIterator ? (groups.iterator as unknown[])[Symbol.iterator]() : groups) as Groups
}

const optionsOf = ({ inplace = false, fuser_func: fuserFunc, config }: GoldenCase): FuseModulesOptions => ({
  inplace,
  ...(config !== undefined && configs[config]),
  ...(fuserFunc !== undefined && { fuserFunc: fuserFuncs[fuserFunc] as FuserFunc }),
})

const named = ({ layers, groups }: GoldenCase) =>
  (groups as readonly string[]).map((path) => kindNamed((layers[path] as readonly string[])[0] as string))

/** In torch a new Sequential is in training mode. */
const inSequential = (modules: readonly AnyModule[]): Model =>
  new Model(withTraining(Sequential(modules), true))

const fuse = (model: Model, testCase: GoldenCase): Model => {
  const { api, groups, qat = false } = testCase
  const modules = () => (groups as readonly string[]).map((path) => findModule(model.root, path))
  const given = testCase.model === null ? (null as unknown as Model) : model
  if (api === 'fuse_modules') return fuseModules(given, groupsOf(groups), optionsOf(testCase))
  if (api === 'fuse_modules_qat') return fuseModulesQat(given, groupsOf(groups), optionsOf(testCase))
  if (api === 'fuse_known_modules') return inSequential(fuseKnownModules(modules(), { qat }))
  return inSequential([getFuserMethod(named(testCase), { qat })(modules(), { qat })])
}

/** Builds the model of a case and fuses it as the case says. */
export const outcomeOf = async (testCase: GoldenCase): Promise<Outcome> => {
  const model = buildModel(testCase)
  const fired: string[] = []
  const names = attachHooks(model, testCase.hooks ?? [], fired)
  try {
    const fused = fuse(model, testCase)
    const observed = await observe(fused, names)
    const ran = testCase.run === undefined ? {} : { output: await runOn(fused, testCase.run) }
    return { observed, same: fused === model, fired, ...ran }
  } catch (error) {
    return { error: error as Error, observed: await observe(model, names), same: false, fired }
  }
}
