import {
  type AnyModule,
  BatchNorm2d,
  Conv2d,
  deferredTensor,
  findModule,
  Identity,
  Linear,
  Model,
  manualSeed,
  ReLU,
  Sequential,
  withAttrs,
} from '@nnfuse/ir'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as api from '../src/index.js'
import { type FuserOptions, fuseKnownModules, fuseModules, fuseModulesQat } from '../src/index.js'
import { observe } from './observe.js'

/* What of PyTorch's facts a comparison of results does not show: identity, what is called with what, silence. */

const nn = manualSeed(0)
const conv = nn.Conv2d(3, 4, 1)
const bn = nn.BatchNorm2d(4)
const relu = ReLU()
const model = (): Model => new Model(Sequential({ conv, bn, relu }))

afterEach(() => {
  vi.restoreAllMocks()
})

test('the front door has the three functions of fuse_modules.py and get_fuser_method', () => {
  const names = ['fuseModules', 'fuseModulesQat', 'fuseKnownModules', 'getFuserMethod']
  expect(Object.keys(api)).toEqual(expect.arrayContaining(names))
})

test('a legacy spelling of the functions does not exist', () => {
  for (const name of ['fuse_modules', 'fuseConvBn', 'fuseConvBnRelu']) expect(api).not.toHaveProperty(name)
})

test('fusing prints nothing and warns of nothing', () => {
  const methods = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => undefined),
  )
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  fuseModules(model(), ['conv', 'bn', 'relu'])
  fuseModulesQat(model(), ['conv', 'bn', 'relu'])
  for (const method of [...methods, warn]) expect(method).not.toHaveBeenCalled()
})

describe('a fuserFunc', () => {
  const seen: { modules: readonly AnyModule[]; options: FuserOptions }[] = []
  const fuserFunc = (modules: readonly AnyModule[], options: FuserOptions): readonly AnyModule[] => {
    seen.push({ modules, options })
    return modules
  }

  test('gets the modules, whether it is for training, and the additional mapping: empty unless given', () => {
    const additionalFuserMethodMapping = [[[Conv2d, Identity], () => conv]] as const
    seen.length = 0
    fuseModules(model(), ['conv', 'bn'], { fuserFunc })
    fuseModulesQat(model(), ['conv', 'bn'], { fuserFunc, additionalFuserMethodMapping })
    expect(seen.map(({ modules }) => modules)).toEqual([
      [conv, bn],
      [conv, bn],
    ])
    expect(seen[0]?.options).toMatchObject({ qat: false, additionalFuserMethodMapping: [] })
    expect(seen[1]?.options).toMatchObject({ qat: true, additionalFuserMethodMapping })
  })
})

describe('what is shared and what is new', () => {
  test('a fold gives a new layer; the old one keeps its tensors', () => {
    const { weight, bias } = conv.attrs
    const held = model()
    fuseModules(held, ['conv', 'bn'], { inplace: true })
    const folded = findModule(held.root, 'conv') as typeof conv
    expect(folded).not.toBe(conv)
    expect(folded.attrs.weight).not.toBe(weight)
    expect([conv.attrs.weight, conv.attrs.bias]).toEqual([weight, bias])
  })

  test('a fused module that holds layers together holds the very layers', () => {
    const fused = fuseModulesQat(model(), ['conv', 'bn', 'relu']).root.children.get('conv')
    expect([...(fused?.children.values() ?? [])]).toEqual([conv, bn, relu])
    expect(fused?.children.get('0')).toBe(conv)
    expect(fused?.children.get('2')).toBe(relu)
  })

  test('not in place, the model that was given stays as it was', async () => {
    const held = model()
    const before = await observe(held, new Map())
    const fused = fuseModules(held, ['conv', 'bn', 'relu'])
    expect(fused).not.toBe(held)
    expect(await observe(held, new Map())).toEqual(before)
  })

  test('a bare module tree cannot change, so in place gives a new holder', () => {
    const tree = Sequential({ conv, bn })
    const fused = fuseModules(tree, ['conv', 'bn'], { inplace: true })
    expect(fused).toBeInstanceOf(Model)
    expect(findModule(tree, 'bn')).toBe(bn)
  })

  test('attributes of one’s own on a layer survive a fold', () => {
    const marked = withAttrs(conv, { ...conv.attrs, quantizationConfig: 'int8' } as typeof conv.attrs)
    const fused = fuseModules(Sequential({ conv: marked, bn }), ['conv', 'bn'])
    expect(findModule(fused.root, 'conv').attrs).toMatchObject({ quantizationConfig: 'int8' })
  })

  test('nothing is copied: a weight that cannot be read does not hinder fusing', () => {
    const unreadable = deferredTensor('float32', [4, 3, 1, 1], [], () => {
      throw new Error('read')
    })
    const layers = { conv: Conv2d({ weight: unreadable }), bn: BatchNorm2d(bn.attrs) }
    expect(fuseModules(Sequential(layers), ['conv', 'bn']).root.children.get('bn')?.kind).toBe('nn.Identity')
  })
})

test('kinds are compared by name: what two copies of a package make is the same', () => {
  const other = { ...nn.Linear(3, 4), definition: { parameters: new Map(), buffers: new Map() } }
  expect(fuseKnownModules([other, relu])[0]?.kind).toBe('nni.LinearReLU')
  expect(Linear.is(other)).toBe(true)
})

test('a path may lead through names that hold dots, as those of a flattened model do', () => {
  const children = new Map<string, AnyModule>([
    ['layer1.0.conv', conv],
    ['layer1.0.bn', bn],
  ])
  const fused = fuseModules(Sequential(children), ['layer1.0.conv', 'layer1.0.bn'])
  expect(fused.root.children.get('layer1.0.bn')?.kind).toBe('nn.Identity')
})
