import { expect, test } from 'vitest'
import { difference, fused, graphIn } from '../test/conv-bn.js'
import { type ModelParts, model, node, ramp, tensor } from '../test/onnx-builder.js'
import { importOnnx, serializeOnnx } from './index.js'

const opsIn = (bytes: Uint8Array): string[] => graphIn(bytes).node.map(({ opType }) => opType)

const zeros = (name: string, dims: number[], dtype?: Parameters<typeof tensor>[3]) =>
  tensor(name, dims, ramp(dims.reduce((a, b) => a * b, 1)), dtype)

const ints = (name: string, ...values: number[]) => tensor(name, [values.length], values, 'int64')

const perNode = 16 * 1024

/** `y = x + k`, where k is computed. */
const sum = ({ nodes = [], initializers = [] }: ModelParts, shape: number[]): Uint8Array =>
  model({
    nodes: [...nodes, node('Add', ['x', 'k'], ['y'])],
    initializers,
    inputs: { x: shape },
    outputs: { y: shape },
  })

const expanded = (count: number): Uint8Array =>
  sum(
    {
      nodes: [node('Expand', ['one', 'size'], ['k'])],
      initializers: [tensor('one', [1], [1]), ints('size', count)],
    },
    [count],
  )

test('a constant is written as its value where that is at most 16 KiB more for each node that goes', async () => {
  const gone = 4 + 8 // the number and the size that go with the node
  const largest = (perNode + gone) / 4
  expect(opsIn((await fused(expanded(largest))).after)).toEqual(['Add'])
  expect(opsIn((await fused(expanded(largest + 1))).after)).toEqual(['Expand', 'Add'])
})

test('what others use does not go with it', async () => {
  const parts = (more: ModelParts['nodes'] & object) =>
    sum(
      {
        nodes: [node('Cast', ['half'], ['k'], { to: 1 }), ...more],
        initializers: [zeros('half', [6000], 'float16')],
      },
      [6000],
    )
  const alone = (await fused(parts([]))).after
  expect(opsIn(alone)).toEqual(['Add'])
  const shared = parts([node('Cast', ['half'], ['other'], { to: 11 }), node('ReduceSum', ['other'], ['z'])])
  expect(opsIn((await fused(shared)).after)).toContain('Cast')
})

test('a weight that is stored in fewer bits stays stored so', async () => {
  const cast = {
    nodes: [node('Cast', ['half'], ['k'], { to: 1 })],
    initializers: [zeros('half', [9000], 'float16')],
  }
  expect(opsIn((await fused(sum(cast, [9000]))).after)).toEqual(['Cast', 'Add'])
})

/** A table that is spread by a list of 2401 places, as the position biases of Swin are. */
const spread = (places: number[], heads = 6) => ({
  nodes: [
    node('Gather', ['table', 'places'], ['g']),
    node('Reshape', ['g', 'square'], ['r']),
    node('Transpose', ['r'], ['t'], { perm: [2, 0, 1] }),
    node('Unsqueeze', ['t', 'front'], ['k']),
  ],
  initializers: [
    zeros('table', [169, heads]),
    tensor('places', [places.length], places, 'int64'),
    ints('square', 49, 49, heads),
    ints('front', 0),
  ],
})

const places = Array.from({ length: 2401 }, (_, i) => (i * 7) % 169)

test('long lists of places are followed when the values are written', async () => {
  const shape = [1, 6, 49, 49]
  const before = sum(spread(places), shape)
  const { after } = await fused(before)
  expect(opsIn(after)).toEqual(['Add'])
  expect(await difference(before, after, { x: { dims: shape, values: ramp(6 * 2401) } })).toBe(0)
  expect(Buffer.compare((await fused(after)).after, after)).toBe(0)
})

test('the same by rows of indices, from the end too', async () => {
  const rows = places.flatMap((place) => [place - 169])
  const given = spread(rows)
  const nodes = [
    node('Unsqueeze', ['places', 'behind'], ['rows']),
    node('GatherND', ['table', 'rows'], ['g']),
    ...given.nodes.slice(1),
  ]
  const shape = [1, 6, 49, 49]
  const before = sum({ nodes, initializers: [...given.initializers, ints('behind', -1)] }, shape)
  const { after } = await fused(before)
  expect(opsIn(after)).toEqual(['Add'])
  expect(await difference(before, after, { x: { dims: shape, values: ramp(6 * 2401) } })).toBe(0)
})

test('a place that is not there is an error that names the node, when the value is needed', async () => {
  const given = spread(places.with(2000, 169))
  const nodes = given.nodes.map((one, i) => ({ ...one, name: `node ${i}` }))
  const before = sum({ ...given, nodes }, [1, 6, 49, 49])
  expect(Buffer.compare(await serializeOnnx(await importOnnx(before)), before)).toBe(0)
  await expect(fused(before)).rejects.toMatchObject({
    code: 'ONNX_BAD_INDEX',
    path: 'node 0',
    hint: expect.stringContaining('Export'),
  })
})
