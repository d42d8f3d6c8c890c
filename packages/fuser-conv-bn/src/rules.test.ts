import {
  type AnyModule,
  Flatten,
  GELU,
  Hardswish,
  LeakyReLU,
  manualSeed,
  print,
  ReLU,
  ReLU6,
  Sequential,
  Sigmoid,
  SiLU,
  stateDict,
  stateInputs,
  Tanh,
  train,
  type ValueType,
} from '@nnfuse/ir'
import { apply, plan } from '@nnfuse/matcher'
import { describe, expect, test } from 'vitest'
import { convBn } from './index.js'
import { convBnRules } from './rules.js'

const nn = manualSeed(0)

/** Linear layers are folded into where their output is known to have two axes. */
const twoAxes = [{ dtype: 'float32', shape: ['n', 2] }] as const

const fused = (model: AnyModule, inputs: readonly ValueType[] = twoAxes) => {
  const planned = plan(stateInputs(model, inputs), convBnRules)
  return { rules: planned.applications.map(({ rule }) => rule), text: print(apply(planned)), planned }
}

const declineOf = (model: AnyModule, inputs?: readonly ValueType[]): string | undefined => {
  const { rules, planned } = fused(model, inputs)
  expect(rules).toEqual([])
  expect(apply(planned)).toBe(planned.graph)
  return planned.declines[0]?.reason
}

const layers = {
  'conv1d-bn': [nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4)],
  'conv2d-bn': [nn.Conv2d(2, 4, 3, { groups: 2, bias: false }), nn.BatchNorm2d(4)],
  'conv3d-bn': [nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4)],
  'conv1d-bn-relu': [nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), ReLU()],
  'conv2d-bn-relu': [nn.Conv2d(2, 4, 3, { stride: 2 }), nn.BatchNorm2d(4), ReLU()],
  'conv3d-bn-relu': [nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4), ReLU()],
  'conv-transpose1d-bn': [nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d(4)],
  'conv-transpose2d-bn': [nn.ConvTranspose2d(2, 4, 3, { groups: 2 }), nn.BatchNorm2d(4)],
  'conv-transpose3d-bn': [nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d(4)],
  'linear-bn': [nn.Linear(2, 4, { bias: false }), nn.BatchNorm1d(4)],
  'conv-transpose1d-bn-relu': [nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d(4), ReLU()],
  'conv-transpose2d-bn-relu': [nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d(4), ReLU()],
  'conv-transpose3d-bn-relu': [nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d(4), ReLU()],
  'linear-bn-relu': [nn.Linear(2, 4), nn.BatchNorm1d(4), ReLU()],
  'conv1d-bn-activation': [nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), SiLU()],
  'conv2d-bn-activation': [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), ReLU6()],
  'conv3d-bn-activation': [nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4), Tanh()],
  'conv-transpose1d-bn-activation': [nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d(4), Sigmoid()],
  'conv-transpose2d-bn-activation': [nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d(4), LeakyReLU()],
  'conv-transpose3d-bn-activation': [nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d(4), Hardswish()],
  'linear-bn-activation': [nn.Linear(2, 4), nn.BatchNorm1d(4, { affine: false }), GELU()],
} satisfies Record<string, readonly AnyModule[]>

test('every rule has a case here', () => {
  expect(convBnRules.map(({ name }) => name)).toEqual(Object.keys(layers))
  expect(convBn().rules).toBe(convBnRules)
})

test.each(Object.entries(layers))('%s applies once', (name, chain) => {
  expect(fused(Sequential(chain)).rules).toEqual([name])
})

test('the layer keeps everything but weight and bias; ReLU is held together with it', () => {
  expect(fused(Sequential(layers['conv2d-bn'])).text).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (1)
      0: nn.Conv2d(2 -> 4, 3x3, groups 2) : 1 <- x"
  `)
  expect(fused(Sequential(layers['conv2d-bn-relu'])).text).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (2)
      0: nni.ConvReLU2d : 2 <- x
        0: nn.Conv2d(2 -> 4, 3x3, stride 2)
        1: nn.ReLU"
  `)
  expect(fused(Sequential(layers['conv-transpose2d-bn'])).text).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (1)
      0: nn.ConvTranspose2d(2 -> 4, 3x3, groups 2) : 1 <- x"
  `)
})

test('a fused layer always has a bias, also where it had none', () => {
  const { planned } = fused(Sequential(layers['linear-bn']))
  expect([...stateDict(apply(planned)).keys()]).toEqual(['0.weight', '0.bias'])
})

describe('declines, and leaves the model as it is', () => {
  const conv = () => nn.Conv2d(2, 4, 1)

  test('when a layer is in training mode', () => {
    expect(declineOf(train(Sequential([conv(), nn.BatchNorm2d(4)])))).toBe(
      '0 is in training mode; call inference(model) first, or fuse for QAT',
    )
  })

  test('when batch-norm keeps no running statistics', () => {
    const model = Sequential({ conv: conv(), bn: nn.BatchNorm2d(4, { trackRunningStats: false }) })
    expect(declineOf(model)).toBe("bn keeps no running statistics: it normalizes by each batch's own")
  })

  test('when the channels do not agree', () => {
    expect(declineOf(Sequential([conv(), nn.BatchNorm2d(2)]))).toBe('1 normalizes 2 channels but is given 4')
    expect(declineOf(Sequential([nn.Linear(2, 3), nn.BatchNorm1d(1)]))).toBe(
      '1 normalizes 1 channels but is given 3',
    )
    expect(declineOf(Sequential([nn.ConvTranspose2d(2, 4, 1, { groups: 2 }), nn.BatchNorm2d(2)]))).toBe(
      '1 normalizes 2 channels but is given 4',
    )
  })

  test('when a linear layer gives three axes, so that batch-norm works on another one', () => {
    const model = Sequential({ fc: nn.Linear(3, 4), bn: nn.BatchNorm1d(4) })
    expect(declineOf(model, [{ dtype: 'float32', shape: ['n', 4, 3] }])).toBe(
      'fc gives 3 axes, so bn normalizes axis 1 and not the features',
    )
  })

  test('when nobody knows how many axes a linear layer gives, unless it comes after a flattening', () => {
    const [fc, bn] = [nn.Linear(3, 4), nn.BatchNorm1d(4)]
    expect(declineOf(Sequential({ fc, bn }), [])).toBe(
      "it is not known how many axes fc gives; state the types of the model's inputs",
    )
    expect(fused(Sequential([Flatten(), fc, bn]), []).rules).toEqual(['linear-bn'])
  })

  test('when the dimensions of the kinds do not agree: there is no such rule', () => {
    expect(declineOf(Sequential([conv(), nn.BatchNorm1d(4)]))).toBeUndefined()
  })

  test('when a weight is of a type that passes through unread', () => {
    const odd = nn.Conv2d(2, 4, 1)
    const weight = { ...odd.attrs.weight, dtype: 'float8e4m3fn' as const }
    expect(declineOf(Sequential([{ ...odd, attrs: { ...odd.attrs, weight } }, nn.BatchNorm2d(4)]))).toBe(
      'the weights of 0 and 1 are not all floats',
    )
  })
})
