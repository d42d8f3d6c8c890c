import { expect, test } from 'vitest'
import { hook } from './hooks.js'
import { manualSeed } from './init/manual-seed.js'
import { ReLU } from './kinds/activations.js'
import { Sequential } from './kinds/containers.js'
import { type AnyModule, withHooks } from './module.js'
import { regionsOf } from './regions.js'

const nn = manualSeed(0)
const watched = (module: AnyModule): AnyModule =>
  withHooks(module, { forwardPre: [], forward: [hook(() => undefined)] })

const regions = (model: AnyModule) =>
  regionsOf(model).map(({ path, graph }) => [path, ...graph.children.keys()])

test('the model, and each container that hooks keep whole, wherever it stands', () => {
  const inner = watched(Sequential({ linear: nn.Linear(2, 2) }))
  const outer = watched(Sequential({ inner, relu: ReLU() }))
  expect(regions(Sequential({ outer, last: ReLU() }))).toEqual([
    ['', 'outer', 'last'],
    ['outer', 'inner', 'relu'],
    ['outer.inner', 'linear'],
  ])
})

// Fusing failed here: it put the fused layers of `outer.plain` back where flattening had left no such module.
test('a container without hooks inside such a one is no region: its layers are those of the one around it', () => {
  const inner = watched(Sequential({ linear: nn.Linear(2, 2) }))
  const plain = Sequential({ relu: ReLU(), inner })
  expect(regions(Sequential({ outer: watched(Sequential({ plain })) }))).toEqual([
    ['', 'outer'],
    ['outer', 'plain.relu', 'plain.inner'],
    ['outer.plain.inner', 'linear'],
  ])
})
