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
