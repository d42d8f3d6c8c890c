import { listNames, NnfuseError } from '@nnfuse/ir'

export const noTestFunction = (): NnfuseError =>
  new NnfuseError('NO_TEST_FUNCTION', 'there is no function that registers a test', {
    hint: "Pass the runner's own: testPlugin(plugin, cases, { test }).",
  })

export const noOutputShape = (kind: string): NnfuseError =>
  new NnfuseError('NO_OUTPUT_SHAPE', `the shape that ${kind} gives is not known`, {
    path: kind,
    hint: 'Give its kind a forward function, or write a generator of whole models.',
  })

export const noInputShape = (input: string): NnfuseError =>
  new NnfuseError('NO_INPUT_SHAPE', `the shape of the model's input "${input}" is not known`, {
    path: input,
    hint: 'State it in the case: { model, inputs: [[2, 3, 8, 8]] }.',
  })

export const cannotRun = (what: string, cause: unknown): NnfuseError =>
  new NnfuseError('CASE_CANNOT_RUN', `${what} cannot be run before it is fused: ${messageOf(cause)}`, {
    hint: 'State shapes that fit in the case: { model, inputs: [[2, 3, 8, 8]] }.',
    cause,
  })

export const noCases = (rule: string): NnfuseError =>
  new NnfuseError('NO_CASES', `no case says where the rule "${rule}" fuses`, {
    path: rule,
    hint: `Add one: '${rule}': { fuses: [model] }.`,
  })

export const noSuchRule = (name: string, rules: readonly string[]): NnfuseError =>
  new NnfuseError('NO_SUCH_RULE', `there are cases for "${name}", but the plugin has no such rule`, {
    path: name,
    hint: `Its rules are ${listNames(rules)}.`,
  })

export const noSuchLaw = (name: string, laws: readonly string[]): NnfuseError =>
  new NnfuseError('NO_SUCH_LAW', `there is no law "${name}"`, {
    path: name,
    hint: `The laws are ${listNames(laws)}.`,
  })

export const noSuchKind = (plugin: string, name: string, kinds: readonly string[]): NnfuseError =>
  new NnfuseError('NO_SUCH_KIND', `the plugin "${plugin}" has no kind "${name}"`, {
    path: name,
    hint: `List it among the plugin's kinds; there ${kinds.length === 1 ? 'is' : 'are'} ${listNames(kinds) || 'none'}.`,
  })

export const neverFuses = (rule: string, runs: number): NnfuseError =>
  new NnfuseError('RULE_NEVER_FUSES', `the rule "${rule}" fused none of ${runs} random models`, {
    path: rule,
    hint: 'Give the kinds in its pattern generators that make layers it accepts: { generators }.',
  })

export const noExamples = (rule: string, cause: unknown): NnfuseError =>
  new NnfuseError('NO_RANDOM_MODEL', `no random model for the rule "${rule}" can be run`, {
    path: rule,
    hint: 'Give the kinds in its pattern generators that make layers which follow each other: { generators }.',
    cause,
  })

/** What is said of a broken law beside its name. */
export interface BrokenLawDetails {
  readonly law: string
  readonly rule: string
  /** What is wrong. */
  readonly problem: string
  /** On which model, as text. */
  readonly where: string
  readonly cause?: unknown
}

export const lawBroken = ({ law, rule, problem, where, cause }: BrokenLawDetails): NnfuseError =>
  new NnfuseError('LAW_BROKEN', `rule "${rule}" breaks the law "${law}": ${problem}\n\n${where}\n`, {
    path: rule,
    ...(cause !== undefined && { cause }),
  })

export const swapBroken = ({ law, rule, problem, where, cause }: BrokenLawDetails): NnfuseError =>
  new NnfuseError('LAW_BROKEN', `the swap in "${rule}" breaks the law "${law}": ${problem}\n\n${where}\n`, {
    path: rule,
    ...(cause !== undefined && { cause }),
  })

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
