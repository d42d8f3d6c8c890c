import {
  Add,
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormModule,
  type Constant,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvModule,
  type ModuleOf,
  Sub,
} from '@nnfuse/ir'
import {
  any,
  type Declined,
  isDeclined,
  literal,
  type MatchContext,
  oneOf,
  op,
  type Rule,
  rule,
  type ValuePattern,
} from '@nnfuse/matcher'
import { hasRunningStats, inInference, sameFloats } from './guards.js'
import {
  type BranchModule,
  mergeIntoConv,
  mergeIntoNorm,
  subtractIntoConv,
  withRest,
} from './sum-branches.js'

/*
 * What networks like RepVGG train as parallel branches is one convolution at inference, as all branches are linear in
 * the value that they share:
 *
 *   conv(x) + conv(x)    conv(x) + bn(x)    conv(x) + x    bn(x) + bn(x)    bn(x) + x
 *
 * A difference, as in FastViT, is a sum with the signs of one branch turned around. Sums of more are sums of two, so two at a time become one until there is one. The two may be operands of one Add, or
 * there is something else between them, which stays: y + a(x) + b(x) is y + ab(x). Each rewrite leaves fewer calls.
 */

const conv = oneOf(Conv1d, Conv2d, Conv3d)
const norm = oneOf(BatchNorm1d, BatchNorm2d, BatchNorm3d)

const [x, y, z] = [any('x'), any('y'), any('z')]

/** Two branches become one. */
type Merge<Captures> = (captures: Captures, cx: MatchContext) => AnyModule | Declined

const when = [inInference, hasRunningStats, sameFloats]

/** Ways in which two branches can be parts of a sum. `x` comes first everywhere. */
const sumsOf = <A, B>(
  a: ValuePattern<A>,
  b: ValuePattern<B>,
): readonly (readonly [where: string, rest: 0 | 1 | 2, sum: ValuePattern<A & B>])[] => [
  ['', 0, op(Add, a, b) as ValuePattern<A & B>],
  ['-in-sum', 1, op(Add, a, op(Add, b, y)) as ValuePattern<A & B>],
  ['-outside-sum', 1, op(Add, op(Add, a, y), b) as ValuePattern<A & B>],
  ['-in-sums', 2, op(Add, op(Add, a, y), op(Add, b, z)) as ValuePattern<A & B>],
]

const rulesFor = <A, B>(
  name: string,
  a: ValuePattern<A>,
  b: ValuePattern<B>,
  merge: Merge<A & B>,
): readonly Rule[] =>
  sumsOf(a, b).map(([where, rest, sum]) =>
    rule(
      `${name}${where}`,
      sum,
      (captures, cx) => {
        const merged = merge(captures, cx)
        return isDeclined(merged) ? merged : withRest(merged, rest)
      },
      { when },
    ),
  )

const convs = op(conv, x).as('host')
const norms = op(norm, x).as('host')

const branches = oneOf(conv, norm)
const other = op(branches, x).as('other')

interface Host<M> {
  readonly host: M
}

interface Pair<M> extends Host<M> {
  readonly other: M
}

interface Three extends Host<ConvModule> {
  readonly other: BranchModule
  readonly third: BranchModule
}

const convBranch: Merge<Host<ConvModule> & { readonly other: BranchModule }> = ({ host, other }, cx) =>
  mergeIntoConv(cx, host, [other])
const convInput: Merge<Host<ConvModule>> = ({ host }, cx) => mergeIntoConv(cx, host, ['input'])
const convBranches: Merge<Three> = ({ host, other, third }, cx) => mergeIntoConv(cx, host, [other, third])
const bnBn: Merge<Pair<BatchNormModule>> = ({ host, other }, cx) => mergeIntoNorm(cx, host, other)
const bnInput: Merge<Host<BatchNormModule>> = ({ host }, cx) => mergeIntoNorm(cx, host, 'input')

const convMinusBranch: Merge<Host<ConvModule> & { readonly other: BranchModule }> = ({ host, other }, cx) =>
  subtractIntoConv(cx, host, other, 'other')
const bnMinusConv: Merge<Host<ConvModule> & { readonly other: BatchNormModule }> = ({ host, other }, cx) =>
  subtractIntoConv(cx, host, other, 'host')
const convMinusInput: Merge<Host<ConvModule>> = ({ host }, cx) => subtractIntoConv(cx, host, 'input', 'other')
const inputMinusConv: Merge<Host<ConvModule>> = ({ host }, cx) => subtractIntoConv(cx, host, 'input', 'host')

/** An addition broadcasts: a zero of more axes than the branch has would give it these. */
const fewestAxes = 2

interface WithZero {
  readonly branch: BranchModule
  readonly zero: ModuleOf<typeof Constant>
}

const withoutZero: Merge<WithZero> = ({ branch, zero }, cx) =>
  zero.attrs.value.shape.length <= fewestAxes
    ? branch
    : cx.decline('the zero that is added may have more axes than what it is added to')

/** Branches that read the same value and are added, as one convolution or one batch-norm. */
export const branchRules: readonly Rule[] = [
  // Three at once is what most of these networks have, and gives what they become the path of the first.
  rule('conv-branches', op(Add, op(Add, convs, other), op(branches, x).as('third')), convBranches, { when }),
  ...rulesFor('conv-branch', convs, other, convBranch),
  ...rulesFor('conv-input', convs, x, convInput),
  rule('conv-minus-branch', op(Sub, convs, other), convMinusBranch, { when }),
  rule('bn-minus-conv', op(Sub, op(norm, x).as('other'), convs), bnMinusConv, { when }),
  rule('conv-minus-input', op(Sub, convs, x), convMinusInput, { when }),
  rule('input-minus-conv', op(Sub, x, convs), inputMinusConv, { when }),
  ...rulesFor('bn-bn', norms, op(norm, x).as('other'), bnBn),
  ...rulesFor('bn-input', norms, x, bnInput),
  // Where a block has no identity their code adds 0 in its place, which exporters write down.
  rule('branch-zero', op(Add, op(branches).as('branch'), literal(0).as('zero')), withoutZero),
]
