import { print } from '@nnfuse/ir'
import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { functionOf, type ModelParts, model, node, tensor } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { importOnnx, serializeOnnx } from './index.js'

/** Everything that rewriting would do to it is legal if its operators are what their names say. */
const reshaped: ModelParts = {
  nodes: [
    node('Cast', ['x'], ['c'], { to: 1 }),
    node('Shape', ['x'], ['s']),
    node('Reshape', ['c', 's'], ['a']),
    node('Reshape', ['c', 's'], ['b']),
    node('Add', ['a', 'b'], ['y']),
  ],
  inputs: { x: [2, 3] },
  outputs: { y: [2, 3] },
}

const fused = async (bytes: Uint8Array): Promise<Uint8Array> =>
  await serializeOnnx(fuse(await importOnnx(bytes)).model)

test('in an opset that is known, all of it is rewritten', async () => {
  const { length } = await fused(model(reshaped))
  expect(length).toBeLessThan(model(reshaped).length)
})

describe('what an operator does is not concluded from its name', () => {
  test('in an opset that is older than what is known', async () => {
    const bytes = model({ ...reshaped, opset: 6 })
    expect(await fused(bytes)).toEqual(bytes)
    expect(print((await importOnnx(bytes)).root)).toContain('onnx.Op(ai.onnx/Reshape)')
  })

  const lists = [tensor('list', [2], [2, 3], 'int64'), tensor('same', [2], [2, 3], 'int64')]

  test.each([
    ['that it does not have', node('Reshape', ['x', 'list'], ['a'], { keepdims: 1 })],
    ['of another type', node('Reshape', ['x', 'list'], ['a'], { allowzero: 'no' })],
    ['that it has in later opsets', node('Reshape', ['x', 'list'], ['a'], { allowzero: 0 }), 13],
  ])('with an attribute %s', async (_, strange, opset = 17) => {
    const nodes = [strange, node('Reshape', ['a', 'same'], ['b']), node('Relu', ['b'], ['y'])]
    const bytes = model({ ...reshaped, nodes, initializers: lists, opset })
    const once = await fused(bytes)
    expect(print((await importOnnx(once)).root)).toContain('onnx.Op(ai.onnx/Reshape)')
    expect(await fused(once)).toEqual(once)
  })

  test.each(['Cast', 'Reshape', 'Shape'])('where the file has a function %s of its own', async (name) => {
    const other = functionOf(name, {
      inputs: ['p', 'q'],
      outputs: ['r'],
      nodes: [node('Constant', [], ['r'], { value: tensor('', [2, 3], [6, 5, 4, 3, 2, 1]) })],
    })
    const bytes = model({ ...reshaped, functions: [{ ...other, domain: '' }] })
    const inputs = { x: { dims: [2, 3], values: [1, 2, 3, 4, 5, 6].map((value) => 10 * value) } }
    const [before, after] = [await runOnnx(bytes, inputs), await runOnnx(await fused(bytes), inputs)]
    expect(after['y']).toEqual(before['y'])
    const calls = print((await importOnnx(await fused(bytes))).root)
    expect(calls).toContain(`onnx.Op(ai.onnx/${name})`)
  })
})
