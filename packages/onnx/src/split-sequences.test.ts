import { expect, test } from 'vitest'
import { difference, fused, graphIn } from '../test/conv-bn.js'
import { type ModelParts, model, node, ramp, tensor } from '../test/onnx-builder.js'

const places = [0, 1, -1].map((place) => tensor(`at ${place}`, [], [place], 'int64'))
const initializers = [
  ...places,
  tensor('sizes', [3], [1, 2, 2], 'int64'),
  tensor('short', [3], [1, 2, 2], 'int32'),
  tensor('half', [], [3], 'int64'),
]

const take = (place: number, to: string) => node('SequenceAt', ['parts', `at ${place}`], [to])

const split = (sizes: string, attributes = { axis: 1 }) =>
  node('SplitToSequence', ['x', sizes], ['parts'], attributes, { name: 'split' })

const first = [take(0, 'a'), take(-1, 'b'), node('Relu', ['a'], ['y']), node('Neg', ['b'], ['z'])]

const fileOf = (sizes: string, given: Partial<ModelParts> = {}): Uint8Array =>
  model({
    nodes: [split(sizes), ...first],
    initializers,
    inputs: { x: [4, 5] },
    outputs: { y: [4, 'left'], z: [4, 'right'] },
    ...given,
  })

const opsIn = (bytes: Uint8Array): string[] => graphIn(bytes).node.map(({ opType }) => opType)

const feeds = { x: { dims: [4, 5], values: ramp(20) } }

test.each(['sizes', 'short', 'half'])('parts of known sizes are results of one Split: %s', async (sizes) => {
  const before = fileOf(sizes)
  const { after } = await fused(before)
  expect(opsIn(after)).toEqual(['Split', 'Relu', 'Neg'])
  expect(graphIn(after).node[0]?.name).toBe('split')
  expect(await difference(before, after, feeds)).toBe(0)
  expect(Buffer.compare((await fused(after)).after, after)).toBe(0)
})

const kept: Record<string, Uint8Array> = {
  'the sequence is an output': fileOf('sizes', {
    nodes: [split('sizes'), ...first, node('SequenceLength', ['parts'], ['n'])],
    outputs: { y: [4, 'left'], z: [4, 'right'], n: { dtype: 'int64', shape: [] } },
  }),
  'one part is taken twice': fileOf('half', {
    nodes: [split('half'), ...first, take(1, 'c'), node('Abs', ['c'], ['n'])],
    outputs: { y: [4, 'left'], z: [4, 'right'], n: [4, 'right'] },
  }),
  'nobody knows how much there is': fileOf('half', { inputs: { x: [4, 'width'] } }),
  'the sizes are attributes of Split': fileOf('sizes', { opset: 12 }),
}

test.each(Object.entries(kept))('they stay a sequence where %s', async (_, before) => {
  const { after } = await fused(before)
  expect(opsIn(after)).toContain('SplitToSequence')
  expect(await difference(before, after, feeds)).toBe(0)
})
