import {
  Add,
  type AnyModule,
  activations,
  Conv2d,
  deferredTensor,
  flatten,
  floatTensor,
  graphModule,
  Model,
  manualSeed,
  print,
  ReLU,
  readValues,
  registerForwardHook,
  registerForwardPreHook,
  type Symbolic,
  stateInputs,
  type Tensor,
  withActivation,
  withAttrs,
} from '@nnfuse/ir'
import { createPassManager } from '@nnfuse/pass-manager'
import { compareOutputs } from '@nnfuse/testing'
import { describe, expect, test } from 'vitest'
import { reparam } from './index.js'

const nn = manualSeed(0)

const fused = (model: AnyModule, mergePointwise = false) => {
  const { model: result, report } = createPassManager({ plugins: [reparam({ mergePointwise })] }).run(model)
  return { result, text: print(result), rules: report.applied.map(({ rule }) => rule), report }
}

const shape = [2, 4, 7, 7]

const expectSame = async (model: AnyModule, result: AnyModule, ...others: number[][]): Promise<void> =>
  expect(
    await compareOutputs(flatten(model), flatten(result), { inputs: [shape, ...others] }),
  ).toBeUndefined()

/** A sum of branches, in an order and a nesting of its own. */
type Nested = string | readonly [Nested, Nested]

const branches = {
  dense: nn.Conv2d(4, 4, 3, { padding: 1 }),
  wide: nn.Conv2d(4, 4, 5, { padding: 2, groups: 2, bias: false }),
  point: nn.Conv2d(4, 4, 1, { groups: 4 }),
  row: nn.Conv2d(4, 4, [1, 3], { padding: [0, 1] }),
  bn: nn.BatchNorm2d(4),
  bn2: nn.BatchNorm2d(4, { affine: false }),
}

const namesIn = (nested: Nested): string[] =>
  typeof nested === 'string' ? [nested] : nested.flatMap((part) => namesIn(part))

const summed = (nested: Nested, given: Readonly<Record<string, AnyModule>> = branches): AnyModule => {
  const names = namesIn(nested)
  const adds = names.slice(1).map((_, i): [string, AnyModule] => [`add${i}`, Add()])
  const used = Object.entries(given).filter(([name]) => names.includes(name))
  let count = 0
  const build = (
    m: Readonly<Record<string, (...inputs: readonly Symbolic[]) => Symbolic>>,
    part: Nested,
    x: Symbolic,
    y: Symbolic,
  ): Symbolic => {
    if (part === 'x' || part === 'y') return part === 'x' ? x : y
    if (typeof part === 'string') return m[part]?.(x) as Symbolic
    const operands = [build(m, part[0], x, y), build(m, part[1], x, y)]
    count += 1
    return m[`add${count - 1}`]?.(...operands) as Symbolic
  }
  const children = Object.fromEntries([...used, ...adds])
  return names.includes('y')
    ? graphModule(children, (m, x, y) => build(m, nested, x as Symbolic, y as Symbolic))
    : graphModule(children, (m, x) => build(m, nested, x as Symbolic, x as Symbolic))
}

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

describe('windows', () => {
  const merged = (a: AnyModule, b: AnyModule) =>
    fused(graphModule({ a, b, add: Add() }, (m, x) => m.add(m.a(x), m.b(x))))

  test('a dilated kernel lies in the gaps of a dense one', async () => {
    const model = summed(['dense', 'wide'], {
      dense: nn.Conv2d(4, 4, 5, { padding: 2 }),
      wide: nn.Conv2d(4, 4, 3, { padding: 2, dilation: 2 }),
    })
    const { result, text } = fused(model)
    expect(text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add0)
        dense: nn.Conv2d(4 -> 4, 5x5, padding 2) : add0 <- x"
    `)
    await expectSame(model, result)
  })

  test('two dilated kernels keep their dilation', () => {
    expect(
      merged(nn.Conv2d(4, 4, 3, { padding: 2, dilation: 2 }), nn.Conv2d(4, 4, 1)).text,
    ).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add)
        a: nn.Conv2d(4 -> 4, 3x3, padding 2, dilation 2) : add <- x"
    `)
  })

  test('strides are kept, paddings may be of one side', async () => {
    const model = summed(['a', 'b'], {
      a: nn.Conv2d(4, 4, 4, {
        stride: 2,
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
      b: nn.Conv2d(4, 4, 2, {
        stride: 2,
        padding: [
          [0, 1],
          [0, 1],
        ],
      }),
    })
    const { result, text } = fused(model)
    expect(text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add0)
        a: nn.Conv2d(4 -> 4, 4x4, stride 2, padding 1+2x0+3) : add0 <- x"
    `)
    await expectSame(model, result)
  })

  test('the padding mode is that of the one which pads', async () => {
    const model = summed(['point', 'dense'], {
      point: nn.Conv2d(4, 4, 1),
      dense: nn.Conv2d(4, 4, 3, { padding: 1, paddingMode: 'reflect' }),
    })
    const { result, text } = fused(model)
    expect(text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add0)
        point: nn.Conv2d(4 -> 4, 3x3, padding 1, reflect padding) : add0 <- x"
    `)
    await expectSame(model, result)
  })

  test("'same' is a number where the stride is 1, or the size of the input is known", async () => {
    const stride1 = [
      nn.Conv2d(4, 4, 4, { padding: 'same' }),
      nn.Conv2d(4, 4, 1, { padding: 'valid' }),
    ] as const
    expect(merged(...stride1).text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add)
        a: nn.Conv2d(4 -> 4, 4x4, padding 1+2x1+2) : add <- x"
    `)
    const model = summed(['a', 'b'], {
      a: withAttrs(nn.Conv2d(4, 4, 3, { stride: 2 }), { padding: 'same' }),
      b: nn.Conv2d(4, 4, 1, { stride: 2 }),
    })
    expect(fused(model).report.declined[0]?.reason).toBe(
      'how much a pads depends on the size of its input, which is not known',
    )
    const known = stateInputs(model, [{ dtype: 'float32', shape: ['n', 4, 7, 7] }])
    expect(fused(known).text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add0)
        a: nn.Conv2d(4 -> 4, 3x3, stride 2, padding 1) : add0 <- x"
    `)
    await expectSame(model, fused(known).result)
  })
})

describe('arithmetic', () => {
  test('the identity is a 1 at the centre of each channel of a group', async () => {
    const zero = withAttrs(nn.Conv2d(4, 4, 3, { padding: 1, groups: 2, bias: false }), {
      weight: floatTensor(new Float32Array(72), [4, 2, 3, 3]),
    })
    const { result } = fused(summed(['zero', 'x'], { zero }))
    const { weight } = (flatten(result).children.get('zero') as ReturnType<typeof Conv2d>).attrs
    const ones = [...((await readValues(weight)) as Float32Array)].flatMap((value, i) =>
      value === 1 ? [i] : [],
    )
    expect(ones).toEqual([4, 9 + 18 + 4, 36 + 4, 36 + 9 + 18 + 4])
  })

  test('batch-norms of one value become one that scales and shifts', async () => {
    const model = summed([['bn', 'bn2'], 'x'])
    const { result, text } = fused(model)
    expect(text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (bn.sum)
        bn2: nn.BatchNorm2d(4, eps 0) : bn.sum <- x"
    `)
    await expectSame(model, result)
  })

  test('in float16 and float64 alike', async () => {
    for (const dtype of ['float16', 'float64'] as const) {
      const tensor = (values: number[], of: number[]) => floatTensor(values, of, dtype)
      const a = Conv2d({ weight: tensor([0.5], [1, 1, 1, 1]), bias: tensor([0.25], [1]) })
      const b = Conv2d({ weight: tensor([1.5], [1, 1, 1, 1]) })
      const { result } = fused(summed(['a', 'b'], { a, b }))
      const { weight, bias } = (flatten(result).children.get('a') as ReturnType<typeof Conv2d>).attrs
      expect([weight.dtype, ...((await readValues(weight)) as Float64Array)]).toEqual([dtype, 2])
      expect([...((await readValues(bias as Tensor)) as Float64Array)]).toEqual([0.25])
    }
  })
})

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
