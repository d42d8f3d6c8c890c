import { type AnyModule, type Conv2d, findModule, type Model, print, readValues } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { readModel } from '../test/models.js'
import { graph, model, node, tensor, weights } from '../test/onnx-builder.js'
import { importOnnx } from './index.js'

const read = (name: string): Promise<Model> => importOnnx(readModel(name))

const kindCounts = ({ root }: Model): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { kind } of root.children.values()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

const pathsOf = ({ root }: Model, kind?: string): string[] =>
  [...root.children].filter(([, module]) => kind === undefined || module.kind === kind).map(([path]) => path)

describe('models of torch', () => {
  test('every layer of a TorchScript resnet is raised', async () => {
    const resnet = await read('resnet18.torchscript')
    expect(kindCounts(resnet)).toEqual({
      'nn.Conv2d': 6,
      'nn.BatchNorm2d': 6,
      'nn.ReLU': 5,
      'nn.MaxPool2d': 1,
      'nn.Add': 2,
      'nn.AdaptiveAvgPool2d': 1,
      'nn.Flatten': 1,
      'nn.Linear': 1,
    })
    expect(resnet.notes).toEqual([])
  })

  test("paths are PyTorch's, whichever exporter wrote the file", async () => {
    const weighted = ['conv1', 'layer1.0.conv1', 'layer1.0.conv2', 'layer2.0.conv1', 'layer2.0.conv2']
    const activations = ['relu', 'layer1.0.relu', 'layer1.0.relu_1', 'layer2.0.relu', 'layer2.0.relu_1']
    for (const exporter of ['torchscript', 'dynamo', 'dynamo-optimized']) {
      const resnet = await read(`resnet18.${exporter}`)
      expect(pathsOf(resnet, 'nn.Conv2d')).toEqual([...weighted, 'layer2.0.downsample.0'])
      expect(pathsOf(resnet, 'nn.ReLU')).toEqual(activations)
      expect(pathsOf(resnet, 'nn.Linear')).toEqual(['fc'])
    }
  })

  test('scopes that repeat the scope around them are read once', async () => {
    const mobilenet = await read('mobilenetv2.torchscript')
    expect(pathsOf(mobilenet)).toEqual(expect.arrayContaining(['features.1.conv.0.0', 'features.1.conv.0.2']))
    expect(pathsOf(mobilenet, 'nn.ReLU6')).toHaveLength(5)
  })

  test('layers that share weights are told apart by where they are', async () => {
    const fresh = await read('resnet18-fresh.torchscript')
    expect(pathsOf(fresh, 'nn.BatchNorm2d')).toEqual(
      pathsOf(await read('resnet18.torchscript'), 'nn.BatchNorm2d'),
    )
  })

  test('a bias that the file computes is the bias', async () => {
    const { root } = await read('resnet18.dynamo')
    const conv = findModule(root, 'layer2.0.conv1') as ReturnType<typeof Conv2d>
    expect(conv.attrs.bias?.shape).toEqual([8])
    expect(await readValues(conv.attrs.bias as NonNullable<typeof conv.attrs.bias>)).toEqual(
      new Float32Array(8),
    )
    expect([...(root as AnyModule).children.keys()].filter((path) => path.includes('Expand'))).toEqual([])
  })

  test('statistics that the file copies by Identity are the tensors themselves', async () => {
    const { root } = await read('resnet18-fresh.torchscript')
    const first = findModule(root, 'bn1').attrs as { weight: unknown }
    const second = findModule(root, 'layer1.0.bn1').attrs as { weight: unknown; runningVar: unknown }
    expect(second.weight).toBe(first.weight)
    expect(second.runningVar).toBe(first.weight)
  })

  test("a bias of two axes, torch's bug, leaves the convolution as it is and says so", async () => {
    const { notes } = await read('conv3d-no-bias.dynamo')
    expect(notes).toEqual([
      { path: '0', what: 'Conv', reason: 'its bias does not have one number for each channel' },
    ])
  })

  test('float attributes are the numbers that the program had', async () => {
    const { root } = await read('mlp.torchscript')
    expect(findModule(root, '1').attrs).toMatchObject({ eps: 1e-5, momentum: 0.1 })
  })
})

describe('data and constants', () => {
  test('a constant that layers compute with is a layer of its own, in front of the first that uses it', async () => {
    const bytes = model({
      nodes: [node('Add', ['x', 'shift'], ['y']), node('Mul', ['y', 'shift'], ['z'])],
      initializers: [weights('shift', 3)],
      inputs: { x: [2, 3] },
      outputs: { z: [2, 3] },
    })
    expect(print((await importOnnx(bytes)).root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (z)
        shift: nn.Constant(float32[3]) : shift <- 
        Add_0: nn.Add : y <- x, shift
        Mul_1: nn.Mul : z <- y, shift"
    `)
  })

  test('an initializer that is an input is data from IR version 4 on, a constant before', async () => {
    const parts = {
      nodes: [node('Conv', ['x', 'conv.weight'], ['y'])],
      initializers: [weights('conv.weight', 4, 3, 1, 1)],
      inputs: { x: [1, 3, 8, 8], 'conv.weight': [4, 3, 1, 1] },
      outputs: { y: [1, 4, 8, 8] },
    }
    const old = await importOnnx(model({ ...parts, irVersion: 3, opset: 8 }))
    expect(print(old.root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (y)
        conv: nn.Conv2d(3 -> 4, 1x1, no bias) : y <- x"
    `)
    const newer = await importOnnx(model({ ...parts, irVersion: 8 }))
    expect(print(newer.root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x, conv.weight) -> (y)
        conv: onnx.Op(Conv) : y <- x, conv.weight"
    `)
    expect(newer.notes[0]?.reason).toBe(
      'its weight is also an input of the graph, so it may be overridden at run time',
    )
  })

  test('what an inner graph takes from outside counts as a use', async () => {
    const branch = graph({ nodes: [node('Relu', ['hidden'], ['inner'])], outputs: { inner: [2] } })
    const bytes = model({
      nodes: [
        node('Tanh', ['x'], ['hidden']),
        node('If', ['condition'], ['y'], { then_branch: branch, else_branch: branch }),
      ],
      inputs: { x: [2], condition: { dtype: 'bool', shape: [] } },
      outputs: { y: [2] },
    })
    expect(print((await importOnnx(bytes)).root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x, condition) -> (y)
        Tanh_0: nn.Tanh : hidden <- x
        If_1: onnx.Op(If) : y <- condition, hidden
          then_branch: nn.GraphModule (hidden) -> (inner)
            Relu_0: nn.ReLU : inner <- hidden
          else_branch: nn.GraphModule (hidden) -> (inner)
            Relu_0: nn.ReLU : inner <- hidden"
    `)
  })

  test('types that the file states are those of the graph', async () => {
    const { root } = await read('resnet18.torchscript')
    const { types } = root.attrs as { types: ReadonlyMap<string, unknown> }
    expect(types.get('input')).toEqual({ dtype: 'float32', shape: ['batch', 3, 32, 32] })
    expect(types.get('output')).toEqual({ dtype: 'float32', shape: ['batch', 10] })
  })

  test('an output that is a constant is one', async () => {
    const bytes = model({ initializers: [tensor('k', [2], [1, 2])], outputs: { k: [2] } })
    expect(print((await importOnnx(bytes)).root)).toMatchInlineSnapshot(`
      "nn.GraphModule () -> (k)
        k: nn.Constant(float32[2]) : k <- "
    `)
  })
})

describe('paths', () => {
  const relus = async (...names: string[]): Promise<string[]> => {
    const nodes = names.map((name, i) => node('Relu', [`v${i}`], [`v${i + 1}`], {}, { name }))
    return pathsOf(
      await importOnnx(model({ nodes, inputs: { v0: [1] }, outputs: { [`v${names.length}`]: [1] } })),
    )
  }

  test('names without scopes, or none at all', async () => {
    expect(await relus('', 'Relu_7', 'model/act 1/Relu', 'a', 'a')).toEqual([
      'Relu_0',
      'Relu_7',
      'model.act_1.Relu',
      'a',
      'a_1',
    ])
  })

  test('no layer looks like a container of another', async () => {
    expect(await relus('/fc', '/fc/Relu', '/fc/Relu_1')).toEqual(['fc', 'fc_Relu', 'fc_Relu_1'])
  })

  test('empty tokens vanish', async () => {
    expect(await relus('..', '/a//b/Relu', '/../Relu')).toEqual(['Relu_0', 'a.b', 'Relu'])
  })

  test('two layers with one weight', async () => {
    const bytes = model({
      nodes: [node('Conv', ['x', 'c.weight'], ['y']), node('Conv', ['y', 'c.weight'], ['z'])],
      initializers: [weights('c.weight', 3, 3, 1, 1)],
      inputs: { x: [1, 3, 4, 4] },
      outputs: { z: [1, 3, 4, 4] },
    })
    expect(pathsOf(await importOnnx(bytes))).toEqual(['c', 'c_1'])
  })
})
