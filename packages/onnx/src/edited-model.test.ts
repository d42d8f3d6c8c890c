import {
  Add,
  type AnyModule,
  type Call,
  Constant,
  Conv2d,
  type ConvModule,
  ConvReLU2d,
  flatten,
  floatTensor,
  type Graph,
  GraphModule,
  inference,
  type Model,
  type ModuleOf,
  print,
  ReLU,
  replaceModules,
  train,
  withAttrs,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { readModel } from '../test/models.js'
import { graph, type ModelParts, model, node, ramp, tensor, weights } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import {
  documentOf,
  importOnnx,
  initializerTensors,
  type OnnxOp,
  onnxCounts,
  serializeOnnx,
} from './index.js'

/** The model with another graph over the same, or other, layers. */
const rewired = (
  original: Model,
  change: (graph: Graph) => Partial<Graph>,
  children: ReadonlyMap<string, AnyModule> = original.root.children,
): Model => {
  const { attrs } = flatten(original.root)
  return original.with(GraphModule(children, { ...attrs, ...change(attrs) }))
}

const without = (calls: readonly Call[], target: string): Call[] =>
  calls.filter((call) => call.target !== target)

/** Drops a layer with one input: whoever used its output uses its input. */
const bypass = (original: Model, target: string): Model =>
  rewired(original, ({ calls, outputs }) => {
    const {
      inputs: [from],
      outputs: [to],
    } = calls.find((call) => call.target === target) as Call
    const swap = (name: string): string => (name === to ? (from as string) : name)
    return {
      calls: without(calls, target).map((call) => ({ ...call, inputs: call.inputs.map(swap) })),
      outputs: outputs.map(swap),
    }
  })

const nodesOf = async (bytes: Uint8Array): Promise<string[]> => {
  const nodes = documentOf(await importOnnx(bytes))?.nodes ?? []
  return nodes.map(({ node: { opType, input, output } }) => `${output} = ${opType}(${input})`)
}

const written = async (edited: Model): Promise<string[]> => nodesOf(await serializeOnnx(edited))

const chain: ModelParts = {
  nodes: [
    node('Conv', ['x', 'c.weight'], ['a'], { pads: [1, 1, 1, 1] }, { name: 'first' }),
    node('Relu', ['a'], ['b'], {}, { name: 'second' }),
    node('Sigmoid', ['b'], ['y'], {}, { name: 'third' }),
  ],
  initializers: [weights('c.weight', 2, 2, 3, 3)],
  inputs: { x: [1, 2, 4, 4] },
  outputs: { y: [1, 2, 4, 4] },
  valueInfo: { a: [1, 2, 4, 4], b: [1, 2, 4, 4] },
}

const feeds = { x: { dims: [1, 2, 4, 4], values: ramp(32) } }

describe('layers that were replaced', () => {
  test('a convolution with other weights keeps its node, attributes and all', async () => {
    const original = await importOnnx(model(chain))
    const conv = original.root.children.get('c') as ConvModule
    const other = Conv2d({
      ...conv.attrs,
      weight: floatTensor(ramp(36), [2, 2, 3, 3]),
      bias: floatTensor([1, 2], [2]),
    })
    const bytes = await serializeOnnx(original.with(replaceModules(original.root, new Map([['c', other]]))))
    const again = documentOf(await importOnnx(bytes))
    expect(again?.nodes[0]?.node).toMatchObject({
      name: 'first',
      input: ['x', 'c.weight', 'c.bias'],
      output: ['a'],
    })
    expect(again?.nodes[0]?.node.attribute.map(({ name }) => name)).toEqual(['pads'])
    expect([...(again?.initializers.keys() ?? [])]).toEqual(['c.weight', 'c.bias'])
  })

  test('one with another stride keeps only the name, and stale types go', async () => {
    const original = await importOnnx(model(chain))
    const conv = original.root.children.get('c') as ConvModule
    const other = Conv2d({ ...conv.attrs, stride: 2 })
    const bytes = await serializeOnnx(original.with(replaceModules(original.root, new Map([['c', other]]))))
    const again = documentOf(await importOnnx(bytes))
    expect(again?.nodes[0]?.node.name).toBe('first')
    expect(again?.nodes[0]?.node.attribute.find(({ name }) => name === 'strides')?.ints).toEqual([2n, 2n])
    expect(again?.valueInfo.map(({ name }) => name)).toEqual(['b'])
    expect([...(again?.initializers.keys() ?? [])]).toEqual(['c.weight'])
  })

  test('a fused pair is two nodes under the names of before', async () => {
    const bytes = model(chain)
    const original = await importOnnx(bytes)
    const children = new Map<string, AnyModule>([
      [
        'c',
        ConvReLU2d(
          original.root.children.get('c') as ModuleOf<typeof Conv2d>,
          original.root.children.get('second') as ModuleOf<typeof ReLU>,
        ),
      ],
      ['third', original.root.children.get('third') as AnyModule],
    ])
    const fused = rewired(
      original,
      () => ({
        calls: [
          { target: 'c', inputs: ['x'], outputs: ['b'] },
          { target: 'third', inputs: ['b'], outputs: ['y'] },
        ],
      }),
      children,
    )
    expect(Buffer.compare(await serializeOnnx(fused), bytes)).toBe(0)
  })

  test('a model that was in training and is not any more is written anew, and computes the same', async () => {
    const bytes = readModel('resnet18.dynamo')
    const original = await importOnnx(bytes)
    const back = original.with(inference(train(original.root)))
    const input = { input: { dims: [1, 3, 32, 32], values: ramp(3 * 32 * 32) } }
    expect(await runOnnx(await serializeOnnx(back), input)).toEqual(await runOnnx(bytes, input))
  })

  test('a weight that two new layers share is written once', async () => {
    const original = await importOnnx(model(chain))
    const weight = floatTensor(ramp(36), [2, 2, 3, 3])
    const conv = Conv2d({ weight, padding: 1 })
    const edited = rewired(
      original,
      () => ({
        calls: [
          { target: 'c', inputs: ['x'], outputs: ['a'] },
          { target: 'd', inputs: ['a'], outputs: ['y'] },
        ],
      }),
      new Map([
        ['c', conv],
        ['d', Conv2d({ ...conv.attrs, stride: 1 })],
      ]),
    )
    expect([...initializerTensors(edited).values()]).toEqual([weight])
  })
})

describe('layers that were removed', () => {
  test('whoever used the value uses the one before, and the rest keeps its bytes', async () => {
    const original = await importOnnx(model(chain))
    expect(await written(bypass(original, 'second'))).toEqual(['a = Conv(x,c.weight)', 'y = Sigmoid(a)'])
    expect(onnxCounts(bypass(original, 'second'))).toMatchObject({ nodes: 2, initializers: 1 })
  })

  test("the graph's output keeps its name", async () => {
    const original = await importOnnx(model(chain))
    expect(await written(bypass(original, 'third'))).toEqual(['a = Conv(x,c.weight)', 'y = Relu(a)'])
    const all = bypass(bypass(bypass(original, 'third'), 'second'), 'c')
    expect(await written(all)).toEqual(['y = Identity(x)'])
    expect(onnxCounts(all)).toMatchObject({ nodes: 1, initializers: 0 })
  })

  test('two outputs that became one value', async () => {
    const bytes = model({
      nodes: [node('Relu', ['x'], ['y']), node('Identity', ['y'], ['z'])],
      inputs: { x: [2] },
      outputs: { y: [2], z: [2] },
    })
    const edited = bypass(await importOnnx(bytes), 'Identity_1')
    expect(await written(edited)).toEqual(['y = Relu(x)', 'z = Identity(y)'])
  })

  test('what computed a constant for it goes with it, and only that', async () => {
    const original = await importOnnx(readModel('resnet18.dynamo'))
    const conv = original.root.children.get('layer1.0.conv1') as ConvModule
    const other = withAttrs(conv, { bias: floatTensor([1, 2, 3, 4], [4]) })
    const edited = original.with(replaceModules(original.root, new Map([['layer1.0.conv1', other]])))
    const counts = [onnxCounts(original), onnxCounts(edited)]
    // Shape, Constant, Expand, CastLike and Expand of this bias; the scalar they start from has other users.
    expect((counts[0]?.nodes ?? 0) - (counts[1]?.nodes ?? 0)).toBe(5)
    expect(counts[1]?.initializers).toBe((counts[0]?.initializers ?? 0) + 1)
  })

  test('a cast like a value that is gone becomes what it computed', async () => {
    const bytes = model({
      nodes: [
        node('Identity', ['x'], ['copy']),
        node('CastLike', ['one', 'copy'], ['c']),
        node('Acme', ['copy', 'c'], ['y'], {}, { domain: 'com.acme' }),
      ],
      initializers: [tensor('one', [], [1], 'float64')],
      inputs: { x: [2] },
      outputs: { y: [2] },
      domains: ['com.acme'],
    })
    const edited = bypass(await importOnnx(bytes), 'Identity_0')
    expect(await written(edited)).toEqual(['y = Acme(x,c)'])
    expect([...initializerTensors(edited)].map(([name, { dtype }]) => `${name} ${dtype}`)).toEqual([
      'c float32',
    ])
  })
})

describe('inner graphs', () => {
  const branch = graph({ nodes: [node('Relu', ['hidden'], ['inner'])], outputs: { inner: [2] } })
  const parts: ModelParts = {
    nodes: [
      node('Tanh', ['x'], ['t']),
      node('Identity', ['t'], ['hidden']),
      node('If', ['condition'], ['y'], { then_branch: branch, else_branch: branch }),
    ],
    inputs: { x: [2], condition: { dtype: 'bool', shape: [] } },
    outputs: { y: [2] },
  }

  test('get a value under the name they know when it is called otherwise', async () => {
    const bytes = model(parts)
    const edited = await serializeOnnx(bypass(await importOnnx(bytes), 'Identity_1'))
    expect(await nodesOf(edited)).toEqual(['hidden = Tanh(x)', 'y = If(condition)'])
    const input = {
      x: { dims: [2], values: [-1, 2] },
      condition: { dims: [], values: [1], type: 'bool' },
    } as const
    expect(await runOnnx(edited, input)).toEqual(await runOnnx(bytes, input))
  })

  test('get a copy where the value has to keep its name', async () => {
    const edited = bypass(bypass(await importOnnx(model(parts)), 'Identity_1'), 'Tanh_0')
    expect(await written(edited)).toEqual(['hidden = Identity(x)', 'y = If(condition)'])
  })

  test('that know two values by one name cannot be written', async () => {
    const other = graph({ nodes: [node('Relu', ['hidden'], ['inner'])], outputs: { inner: [2] } })
    const twice = [
      ...(parts.nodes ?? []),
      node('If', ['condition'], ['z'], { then_branch: other, else_branch: other }),
    ]
    const original = await importOnnx(model({ ...parts, nodes: twice, outputs: { y: [2], z: [2] } }))
    const edited = rewired(original, ({ calls }) => ({
      calls: calls.map((call) => (call.target === 'If_3' ? { ...call, inputs: ['condition', 'x'] } : call)),
    }))
    await expect(serializeOnnx(edited)).rejects.toMatchObject({ code: 'CANNOT_EXPRESS', path: 'hidden' })
  })

  test('keep the constants they use', async () => {
    const bytes = model({
      ...parts,
      nodes: parts.nodes?.slice(2) ?? [],
      initializers: [weights('hidden', 2)],
    })
    const original = await importOnnx(bytes)
    const module = original.root.children.get('If_0') as ModuleOf<typeof OnnxOp>
    const edited = original.with(replaceModules(original.root, new Map([['If_0', withAttrs(module, {})]])))
    expect(Buffer.compare(await serializeOnnx(edited), bytes)).toBe(0)
  })

  test('new values do not get names from inside', async () => {
    const original = await importOnnx(model(parts))
    const { calls } = original.root.attrs as Graph
    const edited = rewired(
      original,
      () => ({
        calls: [
          { target: 'new', inputs: ['x'], outputs: ['inner'] },
          { target: 'Tanh_0', inputs: ['inner'], outputs: ['t'] },
          ...without([...calls], 'Tanh_0'),
        ],
      }),
      new Map([...original.root.children, ['new', ReLU()]]),
    )
    expect((await written(edited))[0]).toBe('/new/Relu_output_0 = Relu(x)')
  })
})

describe('IR version 3, where weights are inputs too', () => {
  const old: ModelParts = {
    ...chain,
    irVersion: 3,
    opset: 8,
    inputs: { x: [1, 2, 4, 4], 'c.weight': [2, 2, 3, 3] },
  }
  const inputsOf = async (bytes: Uint8Array) =>
    documentOf(await importOnnx(bytes))?.inputs.map(({ name }) => name)

  test('unchanged', async () => {
    const bytes = model(old)
    expect(Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes)).toBe(0)
  })

  test('new weights are listed, dropped ones are not', async () => {
    const original = await importOnnx(model(old))
    const conv = original.root.children.get('c') as ConvModule
    const other = Conv2d({ ...conv.attrs, bias: floatTensor([1, 2], [2]) })
    const edited = await serializeOnnx(original.with(replaceModules(original.root, new Map([['c', other]]))))
    expect(await inputsOf(edited)).toEqual(['x', 'c.weight', 'c.bias'])
    await expect(runOnnx(edited, feeds)).resolves.toBeDefined()
    expect(await inputsOf(await serializeOnnx(bypass(original, 'c')))).toEqual(['x'])
  })
})

describe('the order of nodes', () => {
  test('is the old one, with new nodes where they can stand', async () => {
    const original = await importOnnx(model(chain))
    const { children } = original.root
    const edited = rewired(
      original,
      ({ calls }) => ({
        calls: [
          ...calls.slice(0, 2),
          { target: 'k', inputs: [], outputs: ['k'] },
          { target: 'add', inputs: ['b', 'k'], outputs: ['sum'] },
          { target: 'third', inputs: ['sum'], outputs: ['y'] },
        ],
      }),
      new Map([...children, ['k', Constant(floatTensor([1], [1]))], ['add', Add()]]),
    )
    expect(await written(edited)).toEqual([
      'a = Conv(x,c.weight)',
      'b = Relu(a)',
      'sum = Add(b,k)',
      'y = Sigmoid(sum)',
    ])
  })
})

describe('models that are no longer the file', () => {
  test('another opset is refused', async () => {
    const original = await importOnnx(model(chain))
    await expect(serializeOnnx(original, { opset: 21 })).rejects.toMatchObject({ code: 'CANNOT_EXPRESS' })
    await expect(serializeOnnx(original, { opset: 17 })).resolves.toBeDefined()
  })

  test("an opaque layer of another file needs its operators' domain here too", async () => {
    const from = await importOnnx(
      model({
        ...chain,
        nodes: [node('Acme', ['x'], ['y'], {}, { domain: 'com.acme' })],
        domains: ['com.acme'],
      }),
    )
    const acme = from.root.children.get('Acme_0') as AnyModule
    const original = await importOnnx(model(chain))
    const edited = original.with(replaceModules(original.root, new Map([['second', acme]])))
    await expect(serializeOnnx(edited)).rejects.toMatchObject({
      code: 'CANNOT_EXPRESS',
      path: 'second',
      message: expect.stringContaining('com.acme'),
    })
  })

  test('what is printed is what is written', async () => {
    const original = await importOnnx(model(chain))
    const edited = bypass(original, 'second')
    const again = await importOnnx(await serializeOnnx(edited))
    expect(print(again.root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (y)
        c: nn.Conv2d(2 -> 2, 3x3, padding 1, no bias) : a <- x
        third: nn.Sigmoid : y <- a"
    `)
  })
})
