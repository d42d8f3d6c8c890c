import { type ModelProto, type TensorProto, TensorProto_DataLocation } from 'onnx-buf'
import { valueInfoProto } from '../../src/value-types.js'
import { base, bytesOf, graphIn, withNodes, withOutput } from '../legal/base-model.js'
import { legalModels } from '../legal/legal-models.js'
import { readModel } from '../models.js'
import { graph, node, tensor } from '../onnx-builder.js'

/** Its tensors are inputs with a default. */
const overridable = (): Uint8Array => {
  const model = base(17, 8)
  const { input, initializer } = graphIn(model)
  for (const { name, dims } of initializer)
    input.push(valueInfoProto(name, { dtype: 'float32', shape: dims.map(Number) }))
  return bytesOf(model)
}

/** Its tensors are in a file of 64 bytes. */
const external = (): Uint8Array => {
  const model = base()
  for (const [i, held] of graphIn(model).initializer.entries()) {
    const entries = { location: 'weights.bin', offset: String(8 * i), length: String(held.rawData.length) }
    held.rawData = new Uint8Array(0)
    held.dataLocation = TensorProto_DataLocation.EXTERNAL
    held.externalData = Object.entries(entries).map(([key, value]) => ({
      $typeName: 'onnx.StringStringEntryProto',
      key,
      value,
    }))
  }
  return bytesOf(model)
}

const integers = (name: string, ...values: number[]): TensorProto =>
  tensor(name, [values.length], values, 'int64')

/** Its parameters are computed by nodes, from numbers that say how large they become. */
const computed = (): Uint8Array => {
  const model = base(17)
  const parts = graphIn(model)
  parts.initializer = parts.initializer.filter(({ name }) => !/weight|bias|running_mean/.test(name))
  parts.initializer.push(
    integers('shape', 2, 2, 1, 1),
    integers('two', 2),
    integers('zero', 0),
    tensor('half', [2], [0.5, 2], 'float16'),
    tensor('first', [], [1]),
    tensor('last', [], [3]),
    tensor('step', [], [1]),
  )
  parts.node.unshift(
    node('ConstantOfShape', ['shape'], ['filled']),
    node('Transpose', ['filled'], ['turned'], { perm: [1, 0, 2, 3] }),
    node('Reshape', ['turned', 'shape'], ['conv.weight']),
    node('Range', ['first', 'last', 'step'], ['bn.weight']),
    node('Cast', ['half'], ['bn.bias'], { to: 1 }),
    node('Unsqueeze', ['first', 'zero'], ['one']),
    node('Expand', ['one', 'two'], ['twice']),
    node('Concat', ['twice', 'twice'], ['four times'], { axis: 0 }),
    node('Slice', ['four times', 'zero', 'two'], ['sliced']),
    node('Cast', ['half'], ['half as float'], { to: 1 }),
    node('Mul', ['sliced', 'half as float'], ['bn.running_mean']),
  )
  return bytesOf(model)
}

/** Its parameters are computed by arithmetic that no two runtimes round alike, and taken at places that are listed. */
const approximate = (): Uint8Array => {
  const model = base(17)
  const parts = graphIn(model)
  const weight = parts.initializer.find(({ name }) => name === 'conv.weight')
  if (weight) weight.name = 'raw'
  parts.initializer = parts.initializer.filter(({ name }) => !/bias|running/.test(name))
  parts.initializer.push(
    integers('rows', 1, 2, -1),
    integers('first', 0, -1),
    integers('front', 0),
    tensor('half', [2], [0.5, 2]),
    tensor('square', [2, 2], [0.5, 2, -1, 1]),
  )
  parts.node.unshift(
    node('Shape', ['raw'], ['shape']),
    node('Reshape', ['raw', 'rows'], ['r']),
    node('BatchNormalization', ['r', 'half', 'half', 'half', 'half'], ['s', 'm', 'v'], { training_mode: 1 }),
    node('Reshape', ['s', 'shape'], ['conv.weight']),
    node('MatMul', ['square', 'half'], ['product']),
    node('Softmax', ['square'], ['parts']),
    node('ReduceSum', ['parts', 'front'], ['bn.bias'], { keepdims: 0 }),
    node('Exp', ['product'], ['bn.running_var']),
    node('Clip', ['product', '', ''], ['clipped']),
    node('Gather', ['clipped', 'first'], ['bn.running_mean']),
  )
  return bytesOf(model)
}

/** The two layers once more, in a branch of If. */
const branching = (): Uint8Array => {
  const inner = graphIn(base())
  const branch = (name: string) =>
    graph({ nodes: [node('Relu', ['x'], [name])], outputs: { [name]: [1, 2, 3, 3] } })
  inner.input = []
  inner.name = 'inner'
  const text: Readonly<Record<string, string>> = { c: 'c inside', y: 'y inside' }
  for (const layer of inner.node) {
    layer.input = layer.input.map((name) => text[name] ?? name)
    layer.output = layer.output.map((name) => text[name] ?? name)
  }
  inner.initializer = []
  inner.valueInfo = []
  inner.output = [valueInfoProto('y inside', { dtype: 'float32', shape: [1, 2, 3, 3] })]
  const model: ModelProto = withNodes([
    node('If', ['choice'], ['either'], { then_branch: inner, else_branch: branch('e') }, { name: 'if' }),
  ])
  graphIn(model).input.push(valueInfoProto('choice', { dtype: 'bool', shape: [] }))
  return bytesOf(withOutput(model, 'either', 'float32', [1, 2, 3, 3]))
}

const often = (bytes: Uint8Array): Uint8Array[] => new Array<Uint8Array>(8).fill(bytes)

/** What is broken by the fuzzer. */
export const seedModels: readonly Uint8Array[] = [
  ...legalModels.map(({ bytes }) => bytes),
  ...[overridable(), external(), computed(), approximate(), branching()].flatMap(often),
  ...['mlp', 'conv1d', 'conv3d'].flatMap((name) => often(readModel(`${name}.torchscript`)).slice(0, 2)),
]
