import { flatten, withGraph } from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { difference, fused, graphIn, nodesIn } from '../test/conv-bn.js'
import { model, node, ramp } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { importOnnx, serializeOnnx } from './index.js'

/*
 * A concatenation takes any number of inputs, so its node may get others than the file gave it.
 */

const dims = [2, 3]
const feeds = { x: { dims, values: ramp(6) } }

const before = model({
  nodes: [
    node('Relu', ['x'], ['a']),
    node('Sigmoid', ['x'], ['b']),
    node('Concat', ['a', 'b'], ['c'], { axis: 1 }),
    node('Concat', ['x', 'c'], ['y'], { axis: -1 }, { name: 'all' }),
  ],
  inputs: { x: ['n', 3] },
  outputs: { y: ['n', 9] },
})

test('a concatenation that takes up another is written with all that it joins', async () => {
  const { after } = await fused(before)
  expect(nodesIn(graphIn(after))).toEqual(['a = Relu(x)', 'b = Sigmoid(x)', 'y = Concat(x,a,b)'])
  expect(graphIn(after).node.at(-1)?.name).toBe('all')
  expect(await difference(before, after, feeds)).toBe(0)
  expect(Buffer.compare((await fused(after)).after, after)).toBe(0)
})

test('one that is given less is written with less', async () => {
  const given = await importOnnx(before)
  const root = flatten(given.root)
  const calls = root.attrs.calls.map((call) =>
    call.outputs[0] === 'y' ? { ...call, inputs: call.inputs.slice(1) } : call,
  )
  const edited = await serializeOnnx(given.with(withGraph(root, root.children, { ...root.attrs, calls })))
  expect(nodesIn(graphIn(edited)).at(-1)).toBe('y = Concat(c)')
  expect((await runOnnx(edited, feeds))['y']?.dims).toEqual([2, 6])
})
