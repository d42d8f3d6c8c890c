import { expect, test } from 'vitest'
import type { InspectedLayer } from '../inspect-file.js'
import { layerTree } from './layer-tree.js'

const layer = (path: string, parameters = 1): InspectedLayer => ({
  path,
  kind: 'nn.Conv2d',
  arguments: '',
  outputs: [],
  parameters,
  calls: 1,
})

const draw = (...layers: readonly InspectedLayer[]): string =>
  layerTree(layers)
    .map(
      ({ depth, name, parameters, layer: at }) =>
        `${'  '.repeat(depth)}${name} ${parameters}${at ? '' : ' /'}`,
    )
    .join('\n')

test('dotted paths become a tree, in the order of first appearance', () => {
  expect(
    draw(
      layer('stem.conv'),
      layer('layer1.0.conv'),
      layer('stem.bn', 4),
      layer('layer1.1.conv'),
      layer('fc', 7),
    ),
  ).toBe(['stem 5 /', '  conv 1', '  bn 4', 'layer1 2 /', '  0.conv 1', '  1.conv 1', 'fc 7'].join('\n'))
})

test('names that only lead to one other share its line', () => {
  expect(draw(layer('a.b.c.d'), layer('a.b.c.e'))).toBe(['a.b.c 2 /', '  d 1', '  e 1'].join('\n'))
})

test('a layer may have layers below its own name', () => {
  expect(draw(layer('relu'), layer('relu.1'))).toBe(['relu 2', '  1 1'].join('\n'))
})

test('names from strangers are harmless', () => {
  expect(draw(layer('__proto__.constructor'), layer(''), layer('a..b'))).toBe(
    ['__proto__.constructor 1', ' 1', 'a..b 1'].join('\n'),
  )
})

test('a path of ten thousand names is no problem', () => {
  expect(draw(layer(Array.from({ length: 10_000 }, () => 'a').join('.')))).toMatch(/ 1$/)
})
