import {
  Add,
  Conv2d,
  deferredTensor,
  flatten,
  graphModule,
  Model,
  ReLU,
  readValues,
  registerForwardHook,
  registerForwardPreHook,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { branches, expectSame, fused, type Nested, nn, summed } from '../test/branches.js'

describe('every order and nesting of branches', () => {
  const all: Nested[] = [
    [[[['dense', 'point'], 'bn'], 'x'], 'row'],
    ['row', ['x', ['bn', ['point', 'dense']]]],
    [
      ['x', 'bn'],
      ['bn2', ['point', 'dense']],
    ],
    [
      [
        ['x', 'bn'],
        ['bn2', 'point'],
      ],
      ['row', 'dense'],
    ],
    [['x', ['bn', 'dense']], 'bn2'],
    [['dense', 'x'], 'x'],
    ['dense', 'dense'],
  ]

  test.each(all.map((nested) => [JSON.stringify(nested), nested] as const))(
    '%s is one convolution',
    async (_, nested) => {
      const model = summed(nested)
      const { result, report } = fused(model)
      expect([...flatten(result).children.values()].map(({ kind }) => kind)).toEqual([Conv2d.kind])
      expect(report.left).toEqual([])
      await expectSame(model, result)
    },
  )

  test('many branches need few rounds', () => {
    const names = Array.from({ length: 40 }, (_, i) => `conv${i}`)
    const given = Object.fromEntries(names.map((name) => [name, nn.Conv2d(2, 2, 1)]))
    const chain = names.slice(1).reduce<Nested>((sum, name) => [sum, name], 'conv0')
    const { result } = fused(summed(chain, given))
    expect(flatten(result).attrs.calls).toHaveLength(1)
  })

  test('a kernel that fits no other waits for one that both fit into', async () => {
    const given = { ...branches, column: nn.Conv2d(4, 4, [3, 1], { padding: [1, 0] }) }
    const model = summed([['row', 'column'], 'dense'], given)
    expect(fused(model).text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add1)
        row: nn.Conv2d(4 -> 4, 3x3, padding 1) : add1 <- x"
    `)
    await expectSame(model, fused(model).result)
  })
})

describe('what comes from elsewhere', () => {
  const y = [2, 4, 7, 7]

  const others: Nested[] = [
    ['dense', ['y', 'point']],
    [['dense', 'y'], 'bn'],
    [
      ['y', 'dense'],
      ['bn', 'y'],
    ],
    [['y', 'x'], 'dense'],
  ]

  test.each(others.map((nested) => [JSON.stringify(nested), nested] as const))(
    '%s is added to one convolution',
    async (_, nested) => {
      const model = summed(nested)
      const { result, report } = fused(model)
      const kinds = flatten(result).attrs.calls.map(
        ({ target }) => flatten(result).children.get(target)?.kind,
      )
      expect(kinds.filter((kind) => kind !== Add.kind)).toEqual([Conv2d.kind])
      expect(report.applied).toHaveLength(1)
      await expectSame(model, result, y)
    },
  )

  test('stays where it was', () => {
    expect(fused(summed([['dense', 'y'], 'point'])).text).toMatchInlineSnapshot(`
      "nn.GraphModule (x, x_1) -> (point.sum)
        point.merged: nn.Conv2d(4 -> 4, 3x3, padding 1) : point.merged <- x
        point.sum: nn.Add : point.sum <- x_1, point.merged"
    `)
  })

  test('a branch that somebody else reads, too, stays', () => {
    const { dense, point } = branches
    const model = graphModule({ dense, point, add: Add(), relu: ReLU() }, (m, x) => {
      const a = m.dense(x)
      return [m.add(a, m.point(x)), m.relu(a)]
    })
    const { report } = fused(model)
    expect(report.applied).toEqual([])
    expect(report.declined.map(({ reason }) => reason)).toContain('the output of dense is also used by relu')
  })

  test('branches of another value are no branches', () => {
    const { dense, point } = branches
    const model = graphModule({ dense, point, add: Add() }, (m, x, z) => m.add(m.dense(x), m.point(z)))
    expect(fused(model).rules).toEqual([])
  })
})

describe('shared layers, hooks and weights', () => {
  test('a layer that is called elsewhere stays for that, and the merged one stands beside it', async () => {
    const { dense, point } = branches
    const model = graphModule({ dense, point, add: Add(), relu: ReLU() }, (m, x) =>
      m.dense(m.relu(m.add(m.dense(x), m.point(x)))),
    )
    const { result, text } = fused(model)
    expect(text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (dense_1)
        dense: nn.Conv2d(4 -> 4, 3x3, padding 1) : dense_1 <- relu
        dense_1: nn.Conv2d(4 -> 4, 3x3, padding 1) : add <- x
        relu: nn.ReLU : relu <- add"
    `)
    await expectSame(model, result)
  })

  test('a block that is called twice is merged once', async () => {
    const block = summed(['dense', ['point', 'x']])
    const model = graphModule({ block, relu: ReLU() }, (m, x) => m.block(m.relu(m.block(x))))
    const { result } = fused(model)
    expect([...result.children.values()].map(({ kind }) => kind).sort()).toEqual([Conv2d.kind, ReLU.kind])
    await expectSame(model, result)
  })

  test('a hook on a branch keeps it, one on the sum goes with the sum', () => {
    const model = new Model(summed(['dense', 'point']))
    const handle = registerForwardPreHook(model, 'point', () => undefined)
    expect(fused(model.root).report.declined.map(({ reason }) => reason)).toContain(
      'a hook on point would be lost',
    )
    handle.remove()
    registerForwardHook(model, 'add0', () => undefined)
    const { result, text } = fused(model.root)
    expect(text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add0)
        dense: nn.Conv2d(4 -> 4, 3x3, padding 1) [hooks] : add0 <- x"
    `)
    expect(flatten(result).children.get('dense')?.hooks.forward).toHaveLength(1)
  })

  test('no weight is computed before it is read', async () => {
    let reads = 0
    const counted = (tensor: Tensor): Tensor =>
      deferredTensor(tensor.dtype, tensor.shape, [tensor], (bytes) => {
        reads += 1
        return bytes as Uint8Array
      })
    const watched = (module: ReturnType<typeof Conv2d>) =>
      withAttrs(module, { weight: counted(module.attrs.weight) })
    const { result } = fused(
      summed(['dense', 'point'], { dense: watched(branches.dense), point: watched(branches.point) }),
    )
    expect(reads).toBe(0)
    await readValues((flatten(result).children.get('dense') as ReturnType<typeof Conv2d>).attrs.weight)
    expect(reads).toBe(2)
  })
})
