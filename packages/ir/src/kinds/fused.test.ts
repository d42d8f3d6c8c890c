import { expect, test } from 'vitest'
import * as ir from '../index.js'

/*
 * torch.ao.nn.intrinsic: which layers each class holds, under which keys, and that it takes no others. Of what it takes
 * without looking, the addition of ConvAdd2d, there is none here: it is not a layer that is held.
 */

const nn = ir.manualSeed(0)

const layers: Readonly<Record<string, ir.AnyModule>> = {
  Conv1d: nn.Conv1d(2, 3, 1),
  Conv2d: nn.Conv2d(2, 3, 1),
  Conv3d: nn.Conv3d(2, 3, 1),
  ConvTranspose1d: nn.ConvTranspose1d(2, 3, 1),
  ConvTranspose2d: nn.ConvTranspose2d(2, 3, 1),
  ConvTranspose3d: nn.ConvTranspose3d(2, 3, 1),
  BatchNorm1d: nn.BatchNorm1d(3),
  BatchNorm2d: nn.BatchNorm2d(3),
  BatchNorm3d: nn.BatchNorm3d(3),
  Linear: nn.Linear(2, 3),
  ReLU: ir.ReLU(),
  LeakyReLU: ir.LeakyReLU(),
  Tanh: ir.Tanh(),
}

const held: readonly (readonly [kind: string, layers: readonly string[]])[] = [
  ['ConvReLU1d', ['Conv1d', 'ReLU']],
  ['ConvReLU2d', ['Conv2d', 'ReLU']],
  ['ConvReLU3d', ['Conv3d', 'ReLU']],
  ['ConvBn1d', ['Conv1d', 'BatchNorm1d']],
  ['ConvBn2d', ['Conv2d', 'BatchNorm2d']],
  ['ConvBn3d', ['Conv3d', 'BatchNorm3d']],
  ['ConvBnReLU1d', ['Conv1d', 'BatchNorm1d', 'ReLU']],
  ['ConvBnReLU2d', ['Conv2d', 'BatchNorm2d', 'ReLU']],
  ['ConvBnReLU3d', ['Conv3d', 'BatchNorm3d', 'ReLU']],
  ['BNReLU2d', ['BatchNorm2d', 'ReLU']],
  ['BNReLU3d', ['BatchNorm3d', 'ReLU']],
  ['LinearReLU', ['Linear', 'ReLU']],
  ['LinearBn1d', ['Linear', 'BatchNorm1d']],
  ['LinearLeakyReLU', ['Linear', 'LeakyReLU']],
  ['LinearTanh', ['Linear', 'Tanh']],
  ['ConvAddReLU2d', ['Conv2d', 'ReLU']],
  ['ConvAdd2d', ['Conv2d']],
  ['LinearBnReLU1d', ['Linear', 'BatchNorm1d', 'ReLU']],
  ['ConvTransposeBn1d', ['ConvTranspose1d', 'BatchNorm1d']],
  ['ConvTransposeBn2d', ['ConvTranspose2d', 'BatchNorm2d']],
  ['ConvTransposeBn3d', ['ConvTranspose3d', 'BatchNorm3d']],
]

type Make = (...modules: readonly ir.AnyModule[]) => ir.AnyModule

const kindOf = (name: string): Make => (ir as unknown as Record<string, Make>)[name] as Make
const made = (names: readonly string[]): ir.AnyModule[] => names.map((name) => layers[name] as ir.AnyModule)

test.each(held)('%s holds the layers themselves, in their mode', (kind, names) => {
  const parts = made(names)
  const module = kindOf(kind)(...parts)
  expect(module.kind).toBe(`nni.${kind}`)
  expect([...module.children.values()]).toEqual(parts)
  expect([...module.children.keys()]).toEqual(
    kind === 'ConvAddReLU2d' ? ['0', 'relu'] : parts.map((_, i) => `${i}`),
  )
  const training = kindOf(kind)(...parts.map((part) => ir.withTraining(part, true)))
  expect([module.training, training.training]).toEqual([false, true])
})

test.each(held)('%s takes no other layers', (kind, names) => {
  for (const [i] of names.entries()) {
    for (const [name, other] of Object.entries(layers)) {
      if (name === names[i]) continue
      const parts = made(names).map((part, k) => (k === i ? other : part))
      expect(() => kindOf(kind)(...parts)).toThrow(expect.objectContaining({ code: 'WRONG_CHILDREN' }))
    }
  }
  expect(() => kindOf(kind)(...made(names).slice(1))).toThrow()
})

test('state-dict keys are nested under the places of the layers', () => {
  const module = ir.ConvBn2d(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3))
  expect([...ir.stateDict(ir.Sequential({ conv: module })).keys()]).toEqual([
    'conv.0.weight',
    'conv.0.bias',
    'conv.1.weight',
    'conv.1.bias',
    'conv.1.running_mean',
    'conv.1.running_var',
    'conv.1.num_batches_tracked',
  ])
})
