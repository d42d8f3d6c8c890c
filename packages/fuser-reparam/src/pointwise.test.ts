import {
  type AnyModule,
  activations,
  flatten,
  graphModule,
  Model,
  ReLU,
  registerForwardHook,
  withActivation,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { expectSame, fused, nn } from '../test/branches.js'

describe('a kernel of 1 before or after another', () => {
  const chain = (first: AnyModule, second: AnyModule) =>
    graphModule({ first, second }, (m, x) => m.second(m.first(x)))

  test('is merged where the caller asks for it', () => {
    const model = chain(nn.Conv2d(4, 8, 3), nn.Conv2d(8, 2, 1))
    expect(fused(model).rules).toEqual([])
    expect(fused(model, true).text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (second)
        first: nn.Conv2d(4 -> 2, 3x3) : second <- x"
    `)
  })

  test('also where the second has its activation already', async () => {
    for (const activation of activations) {
      const second = withActivation(nn.Conv2d(8, 2, 1), (activation as unknown as () => AnyModule)())
      const model = chain(nn.Conv2d(4, 8, 3), second)
      const { result } = fused(model, true)
      expect([...flatten(result).children.values()].map(({ kind }) => kind)).toEqual([second.kind])
      await expectSame(model, result)
    }
  })

  test('not where a hook sees what is between the two', () => {
    const model = new Model(chain(nn.Conv2d(4, 8, 3), withActivation(nn.Conv2d(8, 2, 1), ReLU())))
    registerForwardHook(model, 'second.0', () => undefined)
    expect(fused(model.root, true).report.declined.map(({ reason }) => reason)).toEqual([
      'a hook inside second would be lost',
    ])
  })

  test('strides multiply', async () => {
    const model = chain(nn.Conv2d(4, 8, 3, { stride: 2, padding: 1 }), nn.Conv2d(8, 2, 1, { stride: 2 }))
    const { result, text } = fused(model, true)
    expect(text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (second)
        first: nn.Conv2d(4 -> 2, 3x3, stride 4, padding 1) : second <- x"
    `)
    await expectSame(model, result)
  })

  test('before padding only where it has no bias', async () => {
    const padding = nn.Conv2d(8, 4, 3, { padding: 1 })
    expect(fused(chain(nn.Conv2d(4, 8, 1), padding), true).rules).toEqual([])
    const model = chain(nn.Conv2d(4, 8, 1, { bias: false }), padding)
    const { result, rules } = fused(model, true)
    expect(rules).toEqual(['pointwise-conv'])
    await expectSame(model, result)
  })

  test('before padding by reflection also with a bias', async () => {
    const model = chain(nn.Conv2d(4, 8, 1), nn.Conv2d(8, 4, 3, { padding: 1, paddingMode: 'reflect' }))
    expect(fused(model, true).rules).toEqual(['pointwise-conv'])
    await expectSame(model, fused(model, true).result)
  })
})
