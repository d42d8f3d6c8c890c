import {
  type AnyModule,
  Conv2d,
  floatTensor,
  GELU,
  Linear,
  loadStateDict,
  MaxPool2d,
  Model,
  manualSeed,
  ReLU,
  readValues,
  registerForwardHook,
  Sequential,
  Sigmoid,
  stateDict,
  Tanh,
  type Tensor,
  train,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { type Loss, run, valueAndGrad } from './index.js'

type Arrays = Parameters<Loss>[0]
type Pair = [Arrays[number], Arrays[number]]

const squares: Loss = (outputs, targets) => {
  const [y, wanted] = [...outputs, ...targets] as Pair
  const difference = y.sub(wanted)
  return difference.ref.mul(difference).sum()
}

const numbers = async (tensor: Tensor | undefined): Promise<number[]> =>
  Array.from(await readValues(tensor as Tensor), Number)

const wave = (seed: number, ...shape: number[]): Tensor =>
  floatTensor(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 1.3 * i)),
    shape,
  )

describe('the gradient of a loss', () => {
  test('of a linear layer is what the formula says', async () => {
    const model = Linear({ weight: floatTensor([1, 2], [1, 2]), bias: floatTensor([0.5], [1]) })
    const x = floatTensor([3, -1], [1, 2])
    const { value, gradients, inputGradients } = await valueAndGrad(model, [x], squares, {
      targets: [floatTensor([0], [1, 1])],
      inputGradients: true,
    })
    expect(value).toBe(2.25) // 3 - 2 + 0.5 = 1.5
    expect(await numbers(gradients.get('weight'))).toEqual([9, -3])
    expect(await numbers(gradients.get('bias'))).toEqual([3])
    expect(await numbers(inputGradients[0])).toEqual([3, 6])
  })

  test('agrees with differences, through the layers of a network', async () => {
    const nn = manualSeed(3)
    const model: AnyModule = train(
      Sequential({
        conv: nn.Conv2d(2, 3, 3, { padding: 1, stride: 2 }),
        bn: nn.BatchNorm2d(3),
        relu: ReLU(),
        up: nn.ConvTranspose2d(3, 2, 2, { stride: 2 }),
        gelu: GELU({ approximate: 'tanh' }),
        pool: MaxPool2d({ kernelSize: 2 }),
        tanh: Tanh(),
        last: Conv2d({ weight: wave(9, 1, 2, 2, 2), groups: 1 }),
        sigmoid: Sigmoid(),
      }),
    )
    const x = wave(1, 2, 2, 6, 6)
    const { shape } = (await run(model, [x])).outputs[0] as Tensor
    const targets = [wave(2, ...shape)]
    const { gradients } = await valueAndGrad(model, [x], squares, { targets })
    for (const [key, tensor] of stateDict(model)) {
      const gradient = gradients.get(key)
      if (gradient === undefined) continue
      const [first = 0, ...rest] = await numbers(tensor)
      const at = async (change: number): Promise<number> => {
        const moved = loadStateDict(
          model,
          new Map([[key, floatTensor([first + change, ...rest], tensor.shape)]]),
          {
            strict: false,
          },
        )
        return (await valueAndGrad(moved, [x], squares, { targets })).value
      }
      const slope = ((await at(0.01)) - (await at(-0.01))) / 0.02
      expect((await numbers(gradient))[0]).toBeCloseTo(slope, 1)
    }
    expect([...gradients.keys()].sort()).toEqual([
      'bn.bias',
      'bn.weight',
      'conv.bias',
      'conv.weight',
      'last.weight',
      'up.bias',
      'up.weight',
    ])
  })

  test('of a layer that stands at two paths is one, under both keys', async () => {
    const shared = Linear({ weight: floatTensor([2], [1, 1]) })
    const { gradients } = await valueAndGrad(
      Sequential({ a: shared, b: shared }),
      [floatTensor([1], [1, 1])],
      squares,
      {
        targets: [floatTensor([0], [1, 1])],
      },
    )
    expect(await numbers(gradients.get('a.weight'))).toEqual([32]) // d (w w x)^2 / dw = 4 w^3
    expect(gradients.get('b.weight')).toBe(gradients.get('a.weight'))
  })

  test('of layers that merely share a tensor is one for each', async () => {
    const weight = floatTensor([2], [1, 1])
    const model = Sequential({ a: Linear({ weight }), b: Sequential([Linear({ weight })]) })
    const { gradients } = await valueAndGrad(model, [floatTensor([1], [1, 1])], squares, {
      targets: [floatTensor([0], [1, 1])],
    })
    expect(await numbers(gradients.get('a.weight'))).toEqual([16])
    expect(await numbers(gradients.get('b.0.weight'))).toEqual([16])
  })

  test('falls when parameters follow it', async () => {
    const nn = manualSeed(0)
    let model: AnyModule = train(Sequential([nn.Linear(2, 8), nn.BatchNorm1d(8), ReLU(), nn.Linear(8, 1)]))
    const [x, targets] = [wave(1, 16, 2), [wave(4, 16, 1)]]
    const losses: number[] = []
    for (let step = 0; step < 10; step += 1) {
      const { value, gradients, model: learned } = await valueAndGrad(model, [x], squares, { targets })
      losses.push(value)
      const state = new Map<string, Tensor>()
      for (const [key, gradient] of gradients) {
        const [slope, tensor] = [await numbers(gradient), stateDict(learned).get(key) as Tensor]
        const values = await numbers(tensor)
        state.set(
          key,
          floatTensor(
            values.map((one, i) => one - 0.01 * (slope[i] as number)),
            tensor.shape,
          ),
        )
      }
      model = loadStateDict(learned, state, { strict: false })
    }
    expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] as number))
  })
})

test('what a hook puts in the place of a value is a constant', async () => {
  const model = new Model(
    Sequential({
      a: Linear({ weight: floatTensor([2], [1, 1]) }),
      b: Linear({ weight: floatTensor([3], [1, 1]) }),
    }),
  )
  registerForwardHook(model, 'a', () => floatTensor([5], [1, 1]))
  const { gradients } = await valueAndGrad(model, [floatTensor([1], [1, 1])], squares, {
    targets: [floatTensor([0], [1, 1])],
  })
  expect([...gradients.keys()]).toEqual(['b.weight'])
  expect(await numbers(gradients.get('b.weight'))).toEqual([150])
})

test('a loss is one float', async () => {
  const model = Linear({ weight: floatTensor([1, 1], [2, 1]) })
  const all: Loss = ([y]) => y as Arrays[number]
  await expect(valueAndGrad(model, [floatTensor([1], [1, 1])], all)).rejects.toThrow(
    'the loss must be one number, and is [1, 2]',
  )
})
