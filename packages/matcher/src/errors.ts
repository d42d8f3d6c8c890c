import { NnfuseError } from '@nnfuse/ir'

export const emptyPattern = (rule: string): NnfuseError =>
  new NnfuseError('BAD_RULE', `rule "${rule}" has an empty pattern`, {
    path: rule,
    hint: 'Give it at least one kind.',
  })

export const emptyName = (): NnfuseError =>
  new NnfuseError('BAD_RULE', 'a rule has no name', {
    hint: 'Name it in kebab-case after its pattern: "conv2d-bn".',
  })

export const slotWithoutKinds = (rule: string, position: number): NnfuseError =>
  new NnfuseError('BAD_RULE', `slot ${position + 1} of rule "${rule}" can match no kind`, { path: rule })

export const duplicateCapture = (rule: string, name: string): NnfuseError =>
  new NnfuseError('BAD_RULE', `rule "${rule}" uses the name "${name}" for two things`, {
    path: rule,
    hint: 'To use one value twice, keep it in a variable or name it with any().',
  })

export const disconnectedPattern = (rule: string): NnfuseError =>
  new NnfuseError('BAD_RULE', `the outputs of rule "${rule}" share no value`, {
    path: rule,
    hint: 'Name a value that they share: any("x") in both.',
  })

export const patternIsNoLayer = (rule: string): NnfuseError =>
  new NnfuseError('BAD_RULE', `the pattern of rule "${rule}" is any value at all`, {
    path: rule,
    hint: 'An output of a pattern is what some op() gives.',
  })

export const tooManyOrders = (rule: string, limit: number): NnfuseError =>
  new NnfuseError('BAD_RULE', `rule "${rule}" has more than ${limit} layers with operands in either order`, {
    path: rule,
    hint: 'Split it into rules that each match a part.',
  })

export const wrongArity = (
  rule: string,
  verb: 'takes' | 'gives',
  made: number,
  wanted: number,
): NnfuseError =>
  new NnfuseError(
    'BAD_REWRITE',
    `the graph that rule "${rule}" made ${verb} ${made} values, the match ${wanted}`,
    {
      path: rule,
      hint: 'It is given the values at the open places of the pattern, and gives what the match gives.',
    },
  )

export const notAModule = (rule: string): NnfuseError =>
  new NnfuseError('BAD_REWRITE', `the rewrite of rule "${rule}" returned neither a module nor a decline`, {
    path: rule,
    hint: 'Return the fused module, or cx.decline(reason).',
  })

export const rewriteFailed = (rule: string, paths: readonly string[], cause: unknown): NnfuseError =>
  new NnfuseError('REWRITE_FAILED', `rule "${rule}" failed on ${paths.join(', ')}: ${messageOf(cause)}`, {
    path: paths[0] ?? '',
    cause,
  })

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
