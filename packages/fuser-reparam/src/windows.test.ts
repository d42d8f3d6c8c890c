import {
  Add,
  type AnyModule,
  Conv2d,
  flatten,
  floatTensor,
  graphModule,
  readValues,
  stateInputs,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { expectSame, fused, nn, summed } from '../test/branches.js'

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
