import { readFileSync } from 'node:fs'
import * as ir from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { drawn, type Encoded, expectGolden, parameter } from '../test/golden.js'
import { type Loss, valueAndGrad } from './index.js'

/** A case of scripts/python/golden_gradients.py. */
interface GradientCase {
  readonly kind: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly input: readonly number[]
  readonly weight?: readonly number[]
  readonly bias?: readonly number[]
  /** So few different numbers that windows hold several largest ones. */
  readonly levels?: number
  /** Of a batch-norm: its mode, and whether it keeps running statistics. */
  readonly training?: boolean
  readonly statistics?: boolean
  readonly output: Encoded
  readonly gradients: Readonly<Record<string, Encoded>>
}

const { cases }: { cases: readonly GradientCase[] } = JSON.parse(
  readFileSync(new URL('../test/golden/gradients.json', import.meta.url), 'utf8'),
)

const build = (one: GradientCase): ir.AnyModule => {
  const { kind, arguments: given, weight, bias, training = false, statistics = false } = one
  const make = (ir as unknown as Record<string, (attrs: object) => ir.AnyModule>)[kind]
  if (make === undefined) throw new Error(`no kind ${kind}`)
  const names = ['weight', 'bias', 'runningMean', 'runningVar'] as const
  const shapes = [weight, bias, ...(statistics ? [[3], [3]] : [])]
  const tensors = names.flatMap((name, i) => {
    const shape = shapes[i]
    return shape ? [[name, parameter(name, shape)]] : []
  })
  return ir.withTraining(make({ ...given, ...Object.fromEntries(tensors) }), training)
}

const loss: Loss = (outputs, targets) => {
  const [y, cotangent] = [...outputs, ...targets] as [(typeof outputs)[number], (typeof outputs)[number]]
  return y.mul(cotangent).sum()
}

test.each(cases)(
  'gradients are those of torch: $kind $arguments $input $levels $training $statistics',
  async (one) => {
    const { levels } = one
    const stepped = (x: number): number =>
      levels === undefined ? x : (Math.floor((Math.fround(x) * levels) / 2) / levels) * 2
    const input = drawn(1, one.input, 'float32', stepped)
    const targets = [drawn(21, one.output.shape)]
    const result = await valueAndGrad(build(one), [input], loss, { targets, inputGradients: true })
    await expectGolden(result.outputs[0], one.output)
    for (const [name, wanted] of Object.entries(one.gradients)) {
      await expectGolden(name === 'x' ? result.inputGradients[0] : result.gradients.get(name), wanted)
    }
    // The same where the input needs no gradient, as in the first layer of a network.
    const { gradients } = await valueAndGrad(build(one), [input], loss, { targets })
    const parameters = Object.keys(one.gradients).filter((name) => name !== 'x')
    expect([...gradients.keys()].sort()).toEqual(parameters.sort())
    for (const name of parameters) await expectGolden(gradients.get(name), one.gradients[name] as Encoded)
  },
)
