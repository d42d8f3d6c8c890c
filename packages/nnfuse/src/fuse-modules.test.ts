import {
  type AnyModule,
  BatchNorm2d,
  Conv2d,
  ConvReLU2d,
  Dropout,
  findModule,
  graphModule,
  hasHooks,
  Linear,
  Model,
  manualSeed,
  print,
  ReLU,
  registerForwardHook,
  registerForwardPreHook,
  Sequential,
  stateDict,
  train,
  walk,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { fuseModules, fuseModulesQat } from './fuse-modules.js'
import { fuseKnownModules, getFuserMethod } from './fuser-method.js'

const nn = manualSeed(0)
const conv = () => nn.Conv2d(2, 2, 1)
const bn = () => nn.BatchNorm2d(2)

const network = () =>
  new Model(
    graphModule(
      { conv1: conv(), bn1: bn(), relu1: ReLU(), sub: Sequential({ conv: conv(), bn: bn() }), relu2: ReLU() },
      (m, x) => m.relu2(m.sub(m.relu1(m.bn1(m.conv1(x))))),
    ),
  )

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}

test('groups become one module each, with Identity in the vacated places', () => {
  const fused = fuseModules(network(), [
    ['conv1', 'bn1', 'relu1'],
    ['sub.conv', 'sub.bn'],
  ])
  expect(print(fused.root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (relu2)
      conv1: nni.ConvReLU2d : conv1 <- x
        0: nn.Conv2d(2 -> 2, 1x1)
        1: nn.ReLU
      bn1: nn.Identity : bn1 <- conv1
      relu1: nn.Identity : relu1 <- bn1
      sub: nn.Sequential : sub <- relu1
        conv: nn.Conv2d(2 -> 2, 1x1)
        bn: nn.Identity
      relu2: nn.ReLU : relu2 <- sub"
  `)
})

test('for training the layers are held together unfolded', () => {
  const model = network()
  model.root = train(model.root)
  const fused = fuseModulesQat(model, ['conv1', 'bn1', 'relu1'])
  expect(findModule(fused.root, 'conv1').kind).toBe('nni.ConvBnReLU2d')
  expect(findModule(fused.root, 'bn1')).toMatchObject({ kind: 'nn.Identity', training: true })
  expect([...stateDict(fused.root).keys()].slice(0, 6)).toEqual([
    'conv1.0.weight',
    'conv1.0.bias',
    'conv1.1.weight',
    'conv1.1.bias',
    'conv1.1.running_mean',
    'conv1.1.running_var',
  ])
})

test('one list of names is one group', () => {
  expect(findModule(fuseModules(network(), ['conv1', 'bn1']).root, 'conv1').kind).toBe('nn.Conv2d')
})

test('a later group may go on from what an earlier one made, across the Identity that it left', () => {
  const groups = [
    ['conv1', 'bn1'],
    ['conv1', 'relu1'],
  ]
  const fused = fuseModules(network(), groups)
  expect(print(fused.root)).toBe(print(fuseModules(network(), ['conv1', 'bn1', 'relu1']).root))
  expect(codeOf(() => fuseModules(network(), [['conv1', 'bn1'], groups[0] ?? []]))).toBe('UNKNOWN_PATTERN')
})

test('an Identity that has a hook is not passed over', () => {
  const model = fuseModules(network(), ['conv1', 'bn1'])
  registerForwardHook(model, 'bn1', () => undefined)
  expect(() => fuseModules(model, ['conv1', 'relu1'])).toThrow('its input comes from "bn1"')
})

test('inplace changes the holder, otherwise a new one is returned', () => {
  const model = network()
  const { root } = model
  const copy = fuseModules(model, ['conv1', 'bn1'])
  expect([copy === model, model.root === root]).toEqual([false, true])
  expect(fuseModules(model, ['conv1', 'bn1'], { inplace: true })).toBe(model)
  expect(model.root).not.toBe(root)
})

test('a failed call changes nothing, in place too', () => {
  const model = network()
  const { root } = model
  const groups = [
    ['conv1', 'bn1'],
    ['sub.conv', 'nope'],
  ]
  expect(codeOf(() => fuseModules(model, groups, { inplace: true }))).toBe('NO_SUCH_PATH')
  expect(model.root).toBe(root)
})

describe('is refused with a code', () => {
  test.each([
    ['an empty list', []],
    ['an empty group', [[]]],
    ['a plain string', 'conv1'],
    ['names and lists mixed', ['conv1', ['bn1']]],
    ['a number', [[1, 2]]],
    ['nothing', null],
  ])('%s', (_, groups) => {
    expect(codeOf(() => fuseModules(network(), groups as never))).toBe('BAD_GROUPS')
  })

  test.each([[null], [undefined], [5], [{}]])('no model but %s', (model) => {
    expect(codeOf(() => fuseModules(model as never, ['conv1', 'bn1']))).toBe('BAD_MODEL')
  })

  test('a path that does not exist', () => {
    expect(() => fuseModules(network(), ['sub.conv', 'sub.bn9'])).toThrow('the model has no module "sub.bn9"')
  })

  test('layers that do not follow each other', () => {
    expect(codeOf(() => fuseModules(network(), ['conv1', 'sub.bn']))).toBe('NOT_ADJACENT')
    expect(() => fuseModules(network(), ['conv1', 'sub.bn'])).toThrow('its input comes from "sub.conv"')
  })

  test('a pattern that nothing fuses; the nearest ones are named', () => {
    const model = Sequential({ conv: conv(), act: Dropout() })
    expect(() => fuseModules(model, ['conv', 'act'])).toThrow('nothing fuses nn.Conv2d, nn.Dropout')
    expect(() => fuseModules(model, ['conv'])).toThrow('nothing fuses nn.Conv2d')
  })

  test('a batch-norm in training mode', () => {
    const model = network()
    model.root = train(model.root)
    expect(() => fuseModules(model, ['conv1', 'bn1'])).toThrow('is in training mode')
  })

  test('a ReLU that is called from two places', () => {
    const model = graphModule({ a: conv(), b: conv(), relu: ReLU() }, (m, x) => m.relu(m.b(m.relu(m.a(x)))))
    expect(codeOf(() => fuseModules(model, ['a', 'relu']))).toBe('CALLED_TWICE')
  })

  test('a batch-norm that works on another axis than the linear layer before it', () => {
    const model = (shape: readonly (string | number)[]) =>
      graphModule({ fc: nn.Linear(3, 4), bn: nn.BatchNorm1d(4) }, (m, x) => m.bn(m.fc(x as never)), {
        inputs: { x: { dtype: 'float32', shape } },
      })
    expect(() => fuseModules(model(['n', 4, 3]), ['fc', 'bn'])).toThrow('fc gives 3 axes')
    expect(fuseModules(model(['n', 3]), ['fc', 'bn']).root.children.get('bn')?.kind).toBe('nn.Identity')
  })

  test('a value that somebody else uses', () => {
    const model = graphModule({ conv: conv(), bn: bn(), other: ReLU() }, (m, x) => {
      const y = m.conv(x)
      return [m.bn(y), m.other(y)]
    })
    expect(() => fuseModules(model, ['conv', 'bn'])).toThrow('the output of conv is also used by other')
  })
})

describe('a method of one’s own', () => {
  test('for kinds that the default mapping lacks', () => {
    const fused = fuseModules(Sequential({ conv: conv(), act: Dropout() }), ['conv', 'act'], {
      additionalFuserMethodMapping: [[[Conv2d, Dropout], ([first]) => first as AnyModule]],
    })
    expect(print(fused.root)).toMatchInlineSnapshot(`
      "nn.Sequential
        conv: nn.Conv2d(2 -> 2, 1x1)
        act: nn.Identity"
    `)
  })

  test('wins over the default mapping, and is told whether it is for training', () => {
    const seen: boolean[] = []
    const mapping = [
      [
        [Conv2d, BatchNorm2d],
        (modules: readonly AnyModule[], { qat }: { qat: boolean }) => {
          seen.push(qat)
          return modules[1] as AnyModule
        },
      ],
    ] as const
    fuseModules(network(), ['conv1', 'bn1'], { additionalFuserMethodMapping: mapping })
    const fused = fuseModulesQat(network(), ['conv1', 'bn1'], { additionalFuserMethodMapping: mapping })
    expect(findModule(fused.root, 'conv1').kind).toBe('nn.BatchNorm2d')
    expect(seen).toEqual([false, true])
  })

  test('moves hooks as the default ones do', () => {
    const model = new Model(Sequential({ conv: conv(), act: Dropout() }))
    registerForwardPreHook(model, 'conv', () => undefined)
    registerForwardHook(model, 'act', () => undefined)
    const fused = fuseModules(model, ['conv', 'act'], {
      additionalFuserMethodMapping: [[[Conv2d, Dropout], ([first]) => first as AnyModule]],
    })
    expect(findModule(fused.root, 'conv').hooks).toMatchObject({ forwardPre: [{}], forward: [{}] })
  })

  test('that gives no module, or is no method, is refused with a code', () => {
    const fuseWith = (mapping: unknown) => () =>
      fuseModules(network(), ['conv1', 'bn1'], { additionalFuserMethodMapping: mapping as never })
    expect(codeOf(fuseWith([[[Conv2d, BatchNorm2d], () => null]]))).toBe('BAD_REWRITE')
    expect(codeOf(fuseWith(5))).toBe('BAD_MAPPING')
    expect(codeOf(fuseWith([[Conv2d, () => conv()]]))).toBe('BAD_MAPPING')
    expect(codeOf(fuseWith([[[Conv2d, BatchNorm2d], null]]))).toBe('BAD_MAPPING')
  })

  test('a whole fuserFunc must give back modules', () => {
    const fuseWith = (result: unknown) => () =>
      fuseModules(network(), ['conv1', 'bn1'], { fuserFunc: () => result as never })
    expect(fuseWith([conv(), 5])).toThrow('got 5 in place 1')
    expect(fuseWith([null, conv()])).toThrow('got null in place 0')
    expect(fuseWith(5)).toThrow('got a number')
  })

  test('a whole fuserFunc must give back as many modules as it was given', () => {
    expect(() =>
      fuseModules(network(), ['conv1', 'bn1'], { fuserFunc: (modules) => modules.slice(1) }),
    ).toThrow('must return 2 modules, one for each it was given; got 1')
  })
})

test('fuseKnownModules gives the fused module and an Identity for each other', () => {
  const [fused, ...rest] = fuseKnownModules([conv(), bn(), ReLU()])
  expect([fused?.kind, ...rest.map(({ kind }) => kind)]).toEqual([
    'nni.ConvReLU2d',
    'nn.Identity',
    'nn.Identity',
  ])
})

test('getFuserMethod finds what fuses some kinds, or names the nearest', () => {
  expect(getFuserMethod([Conv2d, ReLU])([conv(), ReLU()], { qat: false }).kind).toBe(ConvReLU2d.kind)
  try {
    getFuserMethod([Linear, BatchNorm2d])
  } catch (error) {
    expect((error as { hint: string }).hint).toContain('nn.Linear + nn.BatchNorm1d')
    return
  }
  expect.unreachable()
})

describe('hooks', () => {
  const nothing = () => undefined

  const hooked = () => {
    const model = network()
    const handles = {
      first: registerForwardPreHook(model, 'conv1', nothing),
      second: registerForwardPreHook(model, 'conv1', nothing),
      between: registerForwardHook(model, 'conv1', nothing),
      last: registerForwardHook(model, 'relu1', nothing, { alwaysCall: true }),
    }
    return { model, handles }
  }

  test('before the first layer and after the last move to the fused module, once each, in order, with their flags', () => {
    const { model } = hooked()
    const before = findModule(model.root, 'conv1').hooks.forwardPre
    const fused = fuseModules(model, ['conv1', 'bn1', 'relu1'])
    const all = [...walk(fused.root)].filter(({ module }) => hasHooks(module.hooks))
    expect(all.map(({ path }) => path)).toEqual(['conv1'])
    expect(all[0]?.module.hooks.forwardPre).toEqual(before)
    expect(all[0]?.module.hooks.forward).toMatchObject([{ alwaysCall: true }])
  })

  test('in between are noted where they have no place, or an error where the caller asks for one', () => {
    const { model } = hooked()
    expect(fuseModules(model, ['conv1', 'bn1', 'relu1']).notes).toEqual([
      {
        path: 'conv1',
        what: 'hook after the layer',
        reason: 'it was dropped: after fusing nothing runs at its place',
      },
    ])
    expect(codeOf(() => fuseModules(model, ['conv1', 'bn1', 'relu1'], { lostHooks: 'error' }))).toBe(
      'HOOK_LOST',
    )
  })

  test('in between keep their place where the layers are kept', () => {
    const { model } = hooked()
    const fused = fuseModulesQat(model, ['conv1', 'bn1', 'relu1'])
    expect(fused.notes).toEqual([])
    expect(findModule(fused.root, 'conv1.0').hooks).toMatchObject({ forwardPre: [], forward: [{}] })
  })

  test('handles from before fusing in place remove the hook after it', () => {
    const { model, handles } = hooked()
    fuseModulesQat(model, ['conv1', 'bn1', 'relu1'], { inplace: true })
    handles.first.remove()
    handles.between.remove()
    handles.last.remove()
    handles.last.remove()
    expect(findModule(model.root, 'conv1').hooks).toMatchObject({ forwardPre: [{}], forward: [] })
    expect(findModule(model.root, 'conv1.0').hooks.forward).toEqual([])
  })
})
