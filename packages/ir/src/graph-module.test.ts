import { expect, test } from 'vitest'
import { flatten } from './flatten.js'
import { graphModule } from './graph-module.js'
import { hook } from './hooks.js'
import { manualSeed } from './init/manual-seed.js'
import { ReLU } from './kinds/activations.js'
import { GraphModule, Sequential } from './kinds/containers.js'
import { Add, Flatten, Identity } from './kinds/elementwise.js'
import { type AnyModule, withHooks } from './module.js'
import { findModule, replaceModules, walk } from './paths.js'
import { print } from './print.js'

const nn = manualSeed(0)

const block = () =>
  graphModule(
    {
      conv: nn.Conv2d(4, 4, 3, { padding: 1, bias: false }),
      bn: nn.BatchNorm2d(4),
      add: Add(),
      relu: ReLU(),
    },
    (m, x) => m.relu(m.add(m.bn(m.conv(x)), x)),
  )

const network = () =>
  graphModule(
    {
      stem: Sequential({ conv: nn.Conv2d(3, 4, 3), relu: ReLU() }),
      layer1: Sequential([block(), block()]),
      flat: Flatten(),
    },
    (m, x) => m.flat(m.layer1(m.stem(x))),
  )

test('a graph is recorded by running a function once', () => {
  expect(print(block())).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (relu)
      conv: nn.Conv2d(4 -> 4, 3x3, padding 1, no bias) : conv <- x
      bn: nn.BatchNorm2d(4) : bn <- conv
      add: nn.Add : add <- bn, x
      relu: nn.ReLU : relu <- add"
  `)
})

test('flattening dissolves nested containers into one graph over dotted paths', () => {
  expect(print(flatten(network()))).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (flat)
      stem.conv: nn.Conv2d(3 -> 4, 3x3) : stem.conv <- x
      stem.relu: nn.ReLU : stem.relu <- stem.conv
      layer1.0.conv: nn.Conv2d(4 -> 4, 3x3, padding 1, no bias) : layer1.0.conv <- stem.relu
      layer1.0.bn: nn.BatchNorm2d(4) : layer1.0.bn <- layer1.0.conv
      layer1.0.add: nn.Add : layer1.0.add <- layer1.0.bn, stem.relu
      layer1.0.relu: nn.ReLU : layer1.0.relu <- layer1.0.add
      layer1.1.conv: nn.Conv2d(4 -> 4, 3x3, padding 1, no bias) : layer1.1.conv <- layer1.0.relu
      layer1.1.bn: nn.BatchNorm2d(4) : layer1.1.bn <- layer1.1.conv
      layer1.1.add: nn.Add : layer1.1.add <- layer1.1.bn, layer1.0.relu
      layer1.1.relu: nn.ReLU : layer1.1.relu <- layer1.1.add
      flat: nn.Flatten : flat <- layer1.1.relu"
  `)
})

test('flattening what is flat gives back the same model', () => {
  const flat = flatten(network())
  expect(flatten(flat)).toBe(flat)
})

test('a module called twice keeps one path and two calls', () => {
  const model = graphModule({ relu: ReLU(), inner: Sequential([Identity()]) }, (m, x) =>
    m.relu(m.inner(m.inner(m.relu(x)))),
  )
  const flat = flatten(model)
  expect(flat.attrs.calls.map(({ target }) => target)).toEqual(['relu', 'inner.0', 'inner.0', 'relu'])
  expect([...flat.children.keys()]).toEqual(['relu', 'inner.0'])
})

test('a container that carries hooks is not dissolved', () => {
  const watched = withHooks(Sequential([ReLU()]), { forwardPre: [hook(() => undefined)], forward: [] })
  expect([...flatten(Sequential([watched, ReLU()])).children.keys()]).toEqual(['0', '1'])
})

test('100,000 nested containers flatten without running out of stack', () => {
  let model: AnyModule = ReLU()
  for (let depth = 0; depth < 100_000; depth += 1) model = Sequential([model])
  expect(flatten(model).attrs.calls).toHaveLength(1)
})

test('a graph that uses a value before anything makes it is refused', () => {
  const attrs = {
    inputs: ['x'],
    calls: [{ target: 'a', inputs: ['y'], outputs: ['z'] }],
    outputs: ['z'],
    types: new Map(),
  }
  expect(() => GraphModule(new Map([['a', ReLU()]]), attrs)).toThrow(
    '"a" uses value "y" before anything makes it',
  )
})

test('a path that leaves the model says how far it exists and what is there', () => {
  expect(() => findModule(network(), 'layer1.0.conv9')).toThrow('the model has no module "layer1.0.conv9"')
  const hintFor = (model: AnyModule, path: string): unknown => {
    try {
      return findModule(model, path)
    } catch (error) {
      return (error as { hint: string }).hint
    }
  }
  expect(hintFor(network(), 'layer1.0.conv9')).toBe(
    '"layer1.0" has the children "conv", "bn", "add", "relu".',
  )
  expect(hintFor(flatten(network()), 'layer1.7.conv')).toBe('"layer1" has the children "0", "1".')
  expect(hintFor(network(), 'nope')).toBe('the model has the children "stem", "layer1", "flat".')
})

test('replacing modules shares everything else and changes nothing that was given', () => {
  const model = network()
  const before = print(model)
  const changed = replaceModules(
    model,
    new Map<string, AnyModule>([
      ['layer1.0.relu', Identity()],
      ['layer1.0.bn', Identity()],
    ]),
  )
  expect(print(model)).toBe(before)
  expect(findModule(changed, 'layer1.0.relu').kind).toBe('nn.Identity')
  expect(findModule(changed, 'layer1.0.bn').kind).toBe('nn.Identity')
  expect(findModule(changed, 'layer1.1')).toBe(findModule(model, 'layer1.1'))
})

test('names such as __proto__ and constructor are names like any other', () => {
  const names = ['__proto__', 'constructor', 'toString', '', 'ünïcode', 'x'.repeat(10_000)]
  const model = Sequential(new Map(names.map((name) => [name, ReLU()])))
  expect([...walk(model)].slice(1).map(({ path }) => path)).toEqual(names)
  expect(flatten(model).attrs.calls).toHaveLength(names.length)
  expect(findModule(model, '__proto__').kind).toBe('nn.ReLU')
})
