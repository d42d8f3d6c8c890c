import { listNames, NnfuseError } from '@nnfuse/ir'

export const badModel = (got: unknown): NnfuseError =>
  new NnfuseError(
    'BAD_MODEL',
    `there is no model to fuse: ${got === null ? 'null' : `a ${typeof got}`} was given`,
    {
      hint: 'Give a Model, or the module at its root.',
    },
  )

export const badMapping = (problem: string): NnfuseError =>
  new NnfuseError('BAD_MAPPING', `additionalFuserMethodMapping is no list of [kinds, method]: ${problem}`, {
    hint: 'Write [[[Conv2d, Dropout], (modules) => fused]].',
  })

export const badGroups = (problem: string): NnfuseError =>
  new NnfuseError(
    'BAD_GROUPS',
    `the groups to fuse are no list of names and no list of such lists: ${problem}`,
    {
      hint: "Write [['conv1', 'bn1', 'relu1'], ['fc', 'relu2']].",
    },
  )

export const unknownPattern = (wanted: readonly string[], nearest: readonly string[]): NnfuseError => {
  const hint = nearest.length === 0 ? 'No rule is registered.' : `Known are: ${nearest.join('; ')}.`
  return new NnfuseError('UNKNOWN_PATTERN', `nothing fuses ${wanted.join(', ') || 'an empty group'}`, {
    hint,
  })
}

export const notInDataflow = (path: string): NnfuseError =>
  new NnfuseError('NOT_IN_DATAFLOW', `"${path}" is not called in the model's dataflow`, {
    path,
    hint: 'Only modules that the model itself calls can be fused.',
  })

export const notAdjacent = (before: string, after: string, found: string): NnfuseError =>
  new NnfuseError('NOT_ADJACENT', `"${after}" is not fed by "${before}" alone: ${found}`, { path: after })

export const calledTwice = (path: string, calls: number): NnfuseError =>
  new NnfuseError(
    'CALLED_TWICE',
    `"${path}" is called from ${calls} places, so its place cannot be vacated`,
    {
      path,
      hint: 'Give each place a module of its own, or use fuse(model), which keeps it for the other places.',
    },
  )

export const groupDeclined = (paths: readonly string[], reason: string): NnfuseError =>
  new NnfuseError('CANNOT_FUSE', `${paths.join(', ')} cannot be fused: ${reason}`, { path: paths[0] ?? '' })

export const badFuserResult = (wanted: number, got: string): NnfuseError =>
  new NnfuseError(
    'BAD_FUSER_FUNC',
    `fuserFunc must return ${wanted} modules, one for each it was given; got ${got}`,
  )

export const hookLost = (path: string, when: 'before' | 'after'): NnfuseError =>
  new NnfuseError('HOOK_LOST', `the hook ${when} "${path}" has no place in the fused module`, {
    path,
    hint: 'Remove it first, or let fuseModules note it with { lostHooks: "note" }.',
  })

export const notALayer = (path: string, children: Iterable<string>): NnfuseError => {
  const names = listNames(children)
  return new NnfuseError('NOT_A_LAYER', `"${path}" is no layer that the model runs by itself`, {
    path,
    hint: names === '' ? 'Nothing calls it, or it is a part of another layer.' : `It holds ${names}.`,
  })
}
