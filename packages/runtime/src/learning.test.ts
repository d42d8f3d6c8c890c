import { floatTensor, type Kind, kind, readValues, Sequential, type Tensor } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { run } from './index.js'

/** Adds up what it sees, and adds to its input what it has seen before. */
interface SumAttrs {
  readonly sum: Tensor
}

const numbers = async (tensor: Tensor | undefined): Promise<number[]> =>
  Array.from(await readValues(tensor as Tensor), Number)

const added = async (attrs: SumAttrs, x: Tensor | undefined): Promise<SumAttrs> => {
  const [sum = 0, ...values] = [...(await numbers(attrs.sum)), ...(await numbers(x))]
  return { sum: floatTensor([values.reduce((total, value) => total + value, sum)], []) }
}

const Sum: Kind<'acme.Sum', SumAttrs, []> = kind('acme.Sum', {
  create: () => ({ attrs: { sum: floatTensor([0], []) } }),
  forward: (ops, { attrs }, x) => {
    const before = ops.kept(attrs, 'sum')
    ops.learn(attrs, [x], added)
    return ops.add(x, before)
  },
  buffers: { sum: 'sum' },
})

const x = floatTensor([1, 2], [2])

describe('a module that learns from what it sees', () => {
  test('is part of the model that comes back, and stays as it was in the one given', async () => {
    const module = Sum()
    const { outputs, model } = await run(module, [x])
    expect(await numbers(outputs[0])).toEqual([1, 2])
    expect(await numbers(model.attrs.sum)).toEqual([3])
    expect(await numbers(module.attrs.sum)).toEqual([0])
    expect(await numbers((await run(model, [x])).outputs[0])).toEqual([4, 5])
  })

  test('finds at its second call what its first has left', async () => {
    const shared = Sum()
    const { outputs, model } = await run(Sequential({ a: shared, b: shared }), [x])
    expect(await numbers(outputs[0])).toEqual([4, 5])
    expect(await numbers((model.children.get('a') as typeof shared).attrs.sum)).toEqual([6])
  })

  test('that throws is reported with its place', async () => {
    const Failing: Kind<'acme.Failing', SumAttrs, []> = kind('acme.Failing', {
      create: () => ({ attrs: { sum: floatTensor([0], []) } }),
      forward: (ops, { attrs }, y) => {
        ops.learn(attrs, [y], () => {
          throw new Error('seen enough')
        })
        return y
      },
    })
    await expect(run(Sequential({ layer: Failing() }), [x])).rejects.toMatchObject({
      code: 'RUN_FAILED',
      path: 'layer',
      message: expect.stringContaining('seen enough'),
    })
  })
})
