import {
  type AnyModule,
  findModule,
  flatten,
  type Model,
  type ModelLike,
  type Note,
  replaceModules,
  toModel,
  type ValueType,
} from '@nnfuse/ir'
import { chainCluster, checkLegality, type Flow, flowOf, type LostHook, lazyTypes } from '@nnfuse/matcher'
import {
  badFuserResult,
  badGroups,
  badModel,
  calledTwice,
  groupDeclined,
  hookLost,
  notAdjacent,
  notInDataflow,
} from './errors.js'
import { type FuserMethodMapping, type FuserOptions, fuseKnownModules } from './fuser-method.js'
import { acrossPlaceholders } from './placeholders.js'

/** Replaces the modules of a group: as many come back as went in. */
export type FuserFunc = (modules: readonly AnyModule[], options: FuserOptions) => readonly AnyModule[]

/** What {@link fuseModules} and {@link fuseModulesQat} can be told. */
export interface FuseModulesOptions {
  /** Changes the given `Model` and returns it, instead of returning a new one. Default false. */
  readonly inplace?: boolean
  /** Default: {@link fuseKnownModules}. */
  readonly fuserFunc?: FuserFunc
  readonly additionalFuserMethodMapping?: FuserMethodMapping
  /**
   * What to do about a hook between two layers that are computed into one, where nothing runs in between any more:
   * drop it and leave a note on the model (default), or throw `HOOK_LOST`.
   */
  readonly lostHooks?: 'note' | 'error'
}

/** One group of paths, or several. */
export type Groups = readonly string[] | readonly (readonly string[])[]

const isPath = (value: unknown): value is string => typeof value === 'string'

const checkGroup = (group: unknown): readonly string[] => {
  if (!Array.isArray(group)) throw badGroups(`${JSON.stringify(group)} is no list`)
  if (group.length === 0) throw badGroups('a group is empty')
  const odd = group.find((path) => !isPath(path))
  if (odd !== undefined) throw badGroups(`${JSON.stringify(odd)} is no name`)
  return group
}

const groupsOf = (groups: Groups): readonly (readonly string[])[] => {
  if (!Array.isArray(groups)) throw badGroups(`${JSON.stringify(groups)} is no list`)
  if (groups.length === 0) throw badGroups('the list is empty')
  return groups.every(isPath) ? [checkGroup(groups)] : groups.map(checkGroup)
}

const positionOf = (flow: Flow, path: string): number => {
  const calls = flow.index.callsOf(path)
  if (calls.length > 1) throw calledTwice(path, calls.length)
  if (calls[0] === undefined) throw notInDataflow(path)
  return calls[0]
}

/** PyTorch takes the list's word for it that the layers follow each other; a graph knows. */
const checkAdjacent = (flow: Flow, paths: readonly string[], positions: readonly number[]): void => {
  for (let i = 1; i < positions.length; i += 1) {
    const [before, after] = [paths[i - 1] as string, paths[i] as string]
    const { inputs } = flow.graph.attrs.calls[
      positions[i] as number
    ] as Flow['graph']['attrs']['calls'][number]
    if (inputs.length !== 1) throw notAdjacent(before, after, `it has ${inputs.length} inputs`)
    const producer = flow.index.producerOf(inputs[0] as string)
    if (producer === positions[i - 1]) continue
    const found =
      producer === undefined ? 'an input of the model' : `"${flow.graph.attrs.calls[producer]?.target}"`
    throw notAdjacent(before, after, `its input comes from ${found}`)
  }
}

/** Checks a group against the dataflow; gives what is known there of the value that each of its layers gives. */
const checkDataflow = (root: AnyModule, paths: readonly string[]): ((slot: number) => ValueType) => {
  const graph = acrossPlaceholders(flatten(root), paths)
  const flow = flowOf(graph)
  const positions = paths.map((path) => positionOf(flow, path))
  checkAdjacent(flow, paths, positions)
  const verdict = checkLegality(flow, chainCluster(flow, positions))
  if (verdict !== true) throw groupDeclined(paths, verdict.declined)
  const typeOf = lazyTypes(graph)
  return (slot) => typeOf(graph.attrs.calls[positions[slot] as number]?.outputs[0] as string)
}

const noteOf = (path: string, when: 'before' | 'after'): Note => ({
  path,
  what: `hook ${when} the layer`,
  reason: 'it was dropped: after fusing nothing runs at its place',
})

interface GroupRun {
  readonly fuserFunc: FuserFunc
  readonly options: FuserOptions
  readonly onLost: (path: string, when: 'before' | 'after') => void
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const checkResults = (results: unknown, wanted: number): void => {
  if (!Array.isArray(results)) throw badFuserResult(wanted, `a ${typeof results}`)
  if (results.length !== wanted) throw badFuserResult(wanted, String(results.length))
  const odd = results.findIndex((result) => !(isObject(result) && 'kind' in result))
  if (odd >= 0) throw badFuserResult(wanted, `${results[odd]} in place ${odd}`)
}

const checkModel = (model: unknown): void => {
  if (!isObject(model) || !('kind' in model || 'root' in model)) throw badModel(model)
}

const fuseGroup = (
  root: AnyModule,
  paths: readonly string[],
  { fuserFunc, options, onLost }: GroupRun,
): AnyModule => {
  const modules = paths.map((path) => findModule(root, path))
  const outputType = checkDataflow(root, paths)
  const onLostHook = ({ slot, when }: LostHook): void => onLost(paths[slot] as string, when)
  const results = fuserFunc(modules, { ...options, paths, onLostHook, outputType })
  checkResults(results, paths.length)
  return replaceModules(root, new Map(paths.map((path, i) => [path, results[i] as AnyModule])))
}

const fuseGroups = (model: ModelLike, groups: Groups, qat: boolean, given: FuseModulesOptions): Model => {
  const {
    inplace = false,
    fuserFunc = fuseKnownModules,
    additionalFuserMethodMapping = [],
    lostHooks,
  } = given
  checkModel(model)
  const held = toModel(model)
  const notes: Note[] = []
  const onLost = (path: string, when: 'before' | 'after'): void => {
    if (lostHooks === 'error') throw hookLost(path, when)
    notes.push(noteOf(path, when))
  }
  const run: GroupRun = { fuserFunc, options: { qat, additionalFuserMethodMapping }, onLost }
  let { root } = held
  for (const paths of groupsOf(groups)) root = fuseGroup(root, paths, run)
  const result = inplace ? held : held.with(root)
  result.root = root
  result.notes = [...held.notes, ...notes]
  return result
}

/**
 * Fuses the listed modules for inference: each group becomes one module at the place of its first, with an Identity
 * in the place of each other. PyTorch's `fuse_modules`; unlike there, groups are checked against the dataflow, and a
 * call that fails changes nothing.
 *
 * @param groups paths in the order the layers run: `['conv1', 'bn1', 'relu1']`, or a list of such lists; a later group
 * may go on from what an earlier one made: `[['conv', 'bn'], ['conv', 'relu']]`
 * @throws NnfuseError `BAD_MODEL`, `BAD_GROUPS`, `NO_SUCH_PATH`, `NOT_IN_DATAFLOW`, `NOT_ADJACENT`, `CALLED_TWICE`,
 * `UNKNOWN_PATTERN` or `CANNOT_FUSE`, and of what the caller gives besides, `BAD_FUSER_FUNC`, `BAD_MAPPING`,
 * `BAD_REWRITE` or `REWRITE_FAILED`.
 */
export const fuseModules = (model: ModelLike, groups: Groups, options: FuseModulesOptions = {}): Model =>
  fuseGroups(model, groups, false, options)

/** {@link fuseModules} for quantization-aware training: batch-norms are kept inside the fused modules, unfolded. */
export const fuseModulesQat = (model: ModelLike, groups: Groups, options: FuseModulesOptions = {}): Model =>
  fuseGroups(model, groups, true, options)
