import type { Aspect } from './disagreements.js'
import type { GoldenCase } from './golden-case.js'

/** Golden cases in which we mean to do something else than torch. */
export interface Difference {
  /** Row of docs/differences-from-pytorch.md that says why. */
  readonly row: string
  /** Ids of golden cases; `*` stands for any text. */
  readonly cases: readonly string[]
  /** Narrows them, where ids would be too many to list. */
  readonly where?: (testCase: GoldenCase) => boolean
  readonly aspects: readonly Aspect[]
  /** The code that we refuse with; without it we fuse. */
  readonly refused?: string
}

/** A fused module says in torch that it trains while its first layer says that it does not. */
const containerForgetsMode = ({ torch: { kinds = {}, training = [] } }: GoldenCase): boolean =>
  Object.entries(kinds).some(
    ([path, kind]) => kind.startsWith('nni.') && training.includes(path) && !training.includes(`${path}.0`),
  )

const torchFuses = ({ torch }: GoldenCase): boolean => torch.error === undefined
const torchRefuses = ({ torch }: GoldenCase): boolean => torch.error !== undefined

const notInQatOfTorch = 'ConvTranspose+BatchNorm not yet supported'
const refusedForTransposition = ({ torch }: GoldenCase): boolean =>
  torch.error?.[1].includes(notInQatOfTorch) ?? false

const inference = (...variants: readonly string[]): string[] =>
  variants.map((variant) => `variants/*/inference/${variant}`)

const transposedQat = (...variants: readonly string[]): string[] =>
  variants.map((variant) => `variants/conv-transpose*/qat/${variant}`)

export const differences: readonly Difference[] = [
  { row: 'training-flags', cases: ['*'], where: containerForgetsMode, aspects: ['training'] },
  {
    row: 'inference-mode',
    cases: ['fuser func/identities', 'fuser func/of one layer', 'mapping/one layer', 'mapping/container *'],
    aspects: ['training'],
  },

  {
    row: 'channel-mismatch',
    cases: inference('one-feature*', 'one-channel'),
    where: torchFuses,
    aspects: ['outcome'],
    refused: 'CANNOT_FUSE',
  },
  {
    row: 'linear-without-gamma',
    cases: ['not-affine*', 'no-beta'].map((variant) => `variants/linear-bn/inference/${variant}`),
    aspects: ['outcome'],
  },
  {
    row: 'grouped-transposition',
    cases: ['variants/conv-transpose*/inference/two-groups'],
    aspects: ['outcome'],
  },
  {
    row: 'grouped-transposition',
    cases: ['variants/conv-transpose*/inference/depthwise'],
    aspects: ['state'],
  },
  {
    row: 'transposition-for-training',
    cases: ['rows/conv-transpose*/qat/*', ...transposedQat('no-beta', 'eps', 'two-groups', 'depthwise')],
    where: refusedForTransposition,
    aspects: ['outcome'],
  },
  {
    row: 'transposition-for-training',
    cases: transposedQat(
      'not-affine',
      'no-running-statistics',
      'too-many-features',
      'one-feature',
      'one-channel',
    ),
    aspects: ['error'],
    refused: 'CANNOT_FUSE',
  },

  {
    row: 'more-rows',
    cases: [
      'absent/linear-bn-relu/*',
      'absent/bn1d-relu/*',
      'absent/conv-transpose2d-relu/*',
      'absent/conv-transpose2d-bn-relu/*',
      'absent/conv2d-bn-relu6/*',
      ...['relu6', 'leakyrelu', 'tanh', 'silu', 'gelu', 'hardswish', 'sigmoid'].map(
        (name) => `absent/conv2d-${name}/*`,
      ),
    ],
    aspects: ['outcome'],
  },
  { row: 'parametrizations', cases: ['parametrized/*'], where: torchRefuses, aspects: ['outcome'] },
  {
    row: 'parametrizations',
    cases: ['parametrized/*-relu/*', 'parametrized/linear-bn/qat'],
    where: torchFuses,
    aspects: ['kinds', 'training', 'state'],
  },

  {
    row: 'checked-against-dataflow',
    cases: [
      'groups/layers that do not follow each other',
      'groups/layers with another between them',
      'dataflow/something between the layers',
    ],
    aspects: ['outcome'],
    refused: 'NOT_ADJACENT',
  },
  {
    row: 'checked-against-dataflow',
    cases: [
      'groups/layers in another order than they run',
      'groups/a group that goes on from another, in the wrong order',
    ],
    aspects: ['error'],
    refused: 'NOT_ADJACENT',
  },
  {
    row: 'called-twice',
    cases: ['dataflow/a ReLU called twice, fused once', 'dataflow/a convolution called twice'],
    aspects: ['outcome'],
    refused: 'CALLED_TWICE',
  },
  {
    row: 'called-twice',
    cases: ['dataflow/a ReLU called twice, fused twice'],
    aspects: ['error'],
    refused: 'CALLED_TWICE',
  },
  {
    row: 'all-or-nothing',
    cases: ['groups/one that fails after one that does not, in place', 'fuser func/one too few'],
    aspects: ['left behind'],
  },
  { row: 'iterators', cases: ['groups/an iterator of lists'], aspects: ['outcome'], refused: 'BAD_GROUPS' },

  {
    row: 'a-module-in-each-place',
    cases: ['fuser func/nothing in each place', 'fuser func/one too many'],
    aspects: ['outcome'],
    refused: 'BAD_FUSER_FUNC',
  },
  {
    row: 'a-module-in-each-place',
    cases: ['mapping/a method that gives nothing'],
    aspects: ['outcome'],
    refused: 'BAD_REWRITE',
  },
  {
    row: 'mapping-checked',
    cases: ['mapping/a bare kind as the key'],
    aspects: ['outcome'],
    refused: 'BAD_MAPPING',
  },
  { row: 'method-arguments', cases: ['mapping/a class as the method'], aspects: ['outcome'] },

  { row: 'hooks-once', cases: ['hooks/*-bn*/inference'], aspects: ['hooks', 'fired'] },
  { row: 'hooks-once', cases: ['mapping/conv, dropout, with hooks'], aspects: ['hooks'] },
  { row: 'hook-flags', cases: ['hooks/one that is always called'], aspects: ['hooks'] },
]

const matches = (glob: string, id: string): boolean =>
  new RegExp(`^${glob.split('*').map(escaped).join('.*')}$`).test(id)

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')

/** The listed differences that a case falls under. */
export const differencesOf = (
  testCase: GoldenCase,
  listed: readonly Difference[] = differences,
): readonly Difference[] =>
  listed.filter(
    ({ cases, where = () => true }) => cases.some((glob) => matches(glob, testCase.id)) && where(testCase),
  )
