import { create } from '@bufbuild/protobuf'
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  DeviceConfigurationProtoSchema,
  FunctionProtoSchema,
  type GraphProto,
  type ModelProto,
  NodeDeviceConfigurationProtoSchema,
  type NodeProto,
  OperatorSetIdProtoSchema,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  TensorAnnotationSchema,
  TrainingInfoProtoSchema,
} from 'onnx-buf'
import { valueInfoProto } from '../../src/value-types.js'
import { graph, node, tensor, weights } from '../onnx-builder.js'
import { base, bytesOf, graphIn, withNodes, withOutput } from './base-model.js'
import type { LegalModel } from './legal-model.js'

/*
 * Everything that may stand in a graph and a model beside the two layers.
 */

const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value })

const changed = (change: (model: ModelProto, graph: GraphProto) => void, opset?: number): Uint8Array => {
  const model = base(opset)
  change(model, graphIn(model))
  return bytesOf(model)
}

const importing = (model: ModelProto, ...domains: readonly string[]): ModelProto => {
  for (const domain of domains)
    model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }))
  return model
}

const relus = (...names: readonly string[]): NodeProto[] =>
  names.map((name, i) => node('Relu', [i === 0 ? 'y' : `r${i - 1}`], [`r${i}`], {}, { name }))

/** Resize: its second and third inputs are optional, and Clip's; LSTM's outputs are. */
const optionals = (): Uint8Array => {
  const model = withNodes([
    node('Resize', ['y', '', '', 'sizes'], ['resized'], { mode: 'nearest' }, { name: 'resize' }),
    node('Clip', ['resized', '', 'most'], ['clipped'], {}, { name: 'clip' }),
    node('Clip', ['clipped', 'most', ''], ['clipped again'], {}, { name: 'trailing' }),
    node('Squeeze', ['clipped again', 'axis'], ['rows'], {}, { name: 'squeeze' }),
    node('LSTM', ['rows', 'W', 'R', '', '', '', ''], ['', 'h', ''], { hidden_size: 1 }, { name: 'lstm' }),
  ])
  graphIn(model).initializer.push(
    tensor('sizes', [4], [1, 2, 1, 3], 'int64'),
    tensor('most', [], [2]),
    tensor('axis', [1], [0], 'int64'),
    tensor('W', [1, 4, 3], new Array(12).fill(0.5)),
    tensor('R', [1, 4, 1], [1, 1, 1, 1]),
  )
  return bytesOf(withOutput(model, 'h', 'float32', [1, null, 1]))
}

const everyAttribute = (): Uint8Array => {
  const attribute = (name: string, type: AttributeType, value: object) =>
    create(AttributeProtoSchema, { name, type, docString: `about ${name}`, ...value })
  const model = importing(withNodes([]), 'com.acme')
  const inner = graph({ nodes: [node('Identity', ['y'], ['inner'])], outputs: { inner: [1, 2, 3, 3] } })
  const sparse = create(SparseTensorProtoSchema, {
    values: tensor('', [1], [3]),
    indices: tensor('', [1], [0], 'int64'),
    dims: [4n],
  })
  const all = node('Everything', ['y'], ['every'], {}, { name: 'every', domain: 'com.acme' })
  const type = valueInfoProto('', { dtype: 'float32', shape: ['N'] }).type
  all.attribute.push(
    attribute('f', AttributeType.FLOAT, { f: 1.5 }),
    attribute('i', AttributeType.INT, { i: -(2n ** 63n) }),
    attribute('s', AttributeType.STRING, { s: Uint8Array.from([255, 0, 254]) }),
    attribute('t', AttributeType.TENSOR, { t: weights('', 2) }),
    attribute('g', AttributeType.GRAPH, { g: inner }),
    attribute('sparse', AttributeType.SPARSE_TENSOR, { sparseTensor: sparse }),
    attribute('tp', AttributeType.TYPE_PROTO, { tp: type }),
    attribute('floats', AttributeType.FLOATS, { floats: [1, Number.NaN, Number.POSITIVE_INFINITY] }),
    attribute('ints', AttributeType.INTS, { ints: [] }),
    attribute('strings', AttributeType.STRINGS, { strings: [new Uint8Array(0)] }),
    attribute('tensors', AttributeType.TENSORS, { tensors: [weights('a', 1), weights('b', 1)] }),
    attribute('graphs', AttributeType.GRAPHS, { graphs: [inner] }),
    attribute('sparses', AttributeType.SPARSE_TENSORS, { sparseTensors: [sparse] }),
    attribute('types', AttributeType.TYPE_PROTOS, { typeProtos: [type] }),
  )
  graphIn(model).node.push(all)
  return bytesOf(withOutput(model, 'every', 'float32', ['N']))
}

const constants = (): Uint8Array => {
  const attribute = (name: string, type: AttributeType, value: object) =>
    create(AttributeProtoSchema, { name, type, ...value })
  const spelled = [
    attribute('value', AttributeType.TENSOR, { t: weights('', 2) }),
    attribute('value_float', AttributeType.FLOAT, { f: 1.5 }),
    attribute('value_floats', AttributeType.FLOATS, { floats: [1, 2] }),
    attribute('value_int', AttributeType.INT, { i: 7n }),
    attribute('value_ints', AttributeType.INTS, { ints: [7n, 8n] }),
    attribute('value_string', AttributeType.STRING, { s: Uint8Array.from([65]) }),
    attribute('value_strings', AttributeType.STRINGS, { strings: [Uint8Array.from([65])] }),
    attribute('sparse_value', AttributeType.SPARSE_TENSOR, {
      sparseTensor: create(SparseTensorProtoSchema, {
        values: tensor('', [1], [3]),
        indices: tensor('', [1], [1], 'int64'),
        dims: [2n],
      }),
    }),
  ]
  const model = withNodes(
    spelled.map((value, i) => {
      const made = node('Constant', [], [`k${i}`], {}, { name: `constant ${i}` })
      made.attribute.push(value)
      return made
    }),
  )
  const types = ['float32', 'float32', 'float32', 'int64', 'int64', 'string', 'string', 'float32'] as const
  const shapes = [[2], [], [2], [], [2], [], [1], [2]]
  for (const [i, dtype] of types.entries()) withOutput(model, `k${i}`, dtype, shapes[i] as number[])
  return bytesOf(model)
}

const halved = (overload: string) =>
  create(FunctionProtoSchema, {
    name: 'Half',
    domain: 'local',
    overload,
    input: ['a'],
    output: ['b'],
    attribute: ['scale'],
    attributeProto: [create(AttributeProtoSchema, { name: 'bias', type: AttributeType.FLOAT, f: 1 })],
    docString: 'a function',
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 17n })],
    node: [node('Neg', ['a'], ['b'])],
    valueInfo: overload === '' ? [] : [valueInfoProto('b', { dtype: 'float32', shape: undefined })],
    metadataProps: overload === '' ? [] : [entry('k', 'v')],
  })

const functions = (): Uint8Array => {
  const plain = node('Half', ['y'], ['half'], { scale: { float: 2 } }, { name: 'plain', domain: 'local' })
  const other = node('Half', ['half'], ['quarter'], {}, { name: 'other', domain: 'local' })
  other.overload = 'second'
  const model = importing(withNodes([plain, other], 17, 10), 'local')
  model.functions.push(halved(''), halved('second'))
  return bytesOf(withOutput(model, 'quarter', 'float32', [1, 2, 3, 3]))
}

const training = (): Uint8Array => {
  const model = importing(base(17, 8), 'ai.onnx.preview.training')
  graphIn(model).initializer.push(tensor('steps', [], [0], 'int64'))
  model.trainingInfo.push(
    create(TrainingInfoProtoSchema, {
      initialization: graph({
        nodes: [node('Constant', [], ['zero'], { value: tensor('', [], [0], 'int64') })],
        outputs: { zero: { dtype: 'int64', shape: [] } },
      }),
      algorithm: graph({
        nodes: [node('Identity', ['steps'], ['next'])],
        outputs: { next: { dtype: 'int64', shape: [] } },
      }),
      initializationBinding: [entry('steps', 'zero')],
      updateBinding: [entry('steps', 'next')],
    }),
  )
  return bytesOf(model)
}

const devices = (): Uint8Array =>
  changed((model, { node: nodes }) => {
    model.irVersion = 11n
    model.configuration.push(
      create(DeviceConfigurationProtoSchema, { name: 'two', numDevices: 2, device: ['gpu0', 'gpu1'] }),
    )
    for (const layer of nodes) {
      layer.deviceConfigurations.push(
        create(NodeDeviceConfigurationProtoSchema, {
          configurationId: 'two',
          pipelineStage: 1,
          shardingSpec: [{ tensorName: layer.input[0] as string, device: [0n, 1n] }],
        }),
      )
    }
  })

const metadata = (): Uint8Array =>
  changed((model, parts) => {
    model.irVersion = 10n
    model.docString = 'a model'
    model.producerName = 'somebody'
    model.producerVersion = '1'
    model.domain = 'com.acme'
    model.modelVersion = -1n
    parts.docString = 'a graph'
    for (const holder of [model, parts, ...parts.node, ...parts.initializer, ...parts.valueInfo])
      holder.metadataProps.push(entry('author', 'somebody'), entry('', ''))
    for (const { docString: _, ...holder } of parts.node) holder.metadataProps.push(entry('second', 'x'))
    for (const info of [...parts.input, ...parts.output, ...parts.valueInfo]) info.docString = 'a value'
    for (const layer of parts.node) layer.docString = 'a layer'
  })

const annotations = (): Uint8Array =>
  changed((_, parts) => {
    parts.initializer.push(tensor('x.scale', [], [0.5]), tensor('x.zero', [], [0], 'int8'))
    for (const tensorName of ['x', 'y', 'of nobody']) {
      const pairs = [entry('SCALE_TENSOR', 'x.scale'), entry('ZERO_POINT_TENSOR', 'x.zero')]
      parts.quantizationAnnotation.push(
        create(TensorAnnotationSchema, { tensorName, quantParameterTensorNames: pairs }),
      )
    }
  })

const inputIsOutput = (): Uint8Array =>
  changed((_, parts) => {
    parts.input.push(valueInfoProto('z', { dtype: 'float32', shape: ['N'] }))
    parts.output.push(valueInfoProto('z', { dtype: 'float32', shape: ['N'] }))
  })

const initializerIsOutput = (name: string, shape: number[]): Uint8Array =>
  changed((_, parts) => {
    parts.output.push(valueInfoProto(name, { dtype: 'float32', shape }))
  })

const unused = (): Uint8Array =>
  changed((_, parts) => {
    parts.initializer.push(weights('spare', 2))
    parts.node.push(node('Constant', [], ['idle'], { value_int: 1 }, { name: 'idle' }))
    parts.valueInfo.push(valueInfoProto('of nobody', { dtype: 'float32', shape: [1] }))
  })

const inSubgraph = (): Uint8Array => {
  const branch = (name: string, value: string) =>
    graph({ nodes: [node('Add', ['y', value], [name])], outputs: { [name]: [1, 2, 3, 3] } })
  const model = withNodes([
    node('If', ['choice'], ['either'], {
      then_branch: branch('t', 'one'),
      else_branch: branch('e', 'bn.bias'),
    }),
  ])
  graphIn(model).initializer.push(tensor('one', [], [1]), tensor('bn.bias.of.if', [2], [1, 1]))
  graphIn(model).input.push(valueInfoProto('choice', { dtype: 'bool', shape: [] }))
  const [, otherwise] = graphIn(model).node.at(-1)?.attribute ?? []
  const add = otherwise?.g?.node[0]
  if (add) add.input = ['y', 'one']
  return bytesOf(withOutput(model, 'either', 'float32', [1, 2, 3, 3]))
}

export const graphModels: readonly LegalModel[] = [
  {
    name: 'nodes without names',
    bytes: changed((_, { node: nodes }) => {
      for (const layer of nodes) layer.name = ''
    }),
  },
  {
    name: 'nodes of one name',
    bytes: bytesOf(withOutput(withNodes(relus('conv', 'bn', 'bn')), 'r2', 'float32', [1, 2, 3, 3])),
  },
  { name: 'optional inputs and outputs left out', bytes: optionals() },
  { name: 'attributes of every type', bytes: everyAttribute() },
  { name: 'constants in every spelling', bytes: constants() },
  {
    name: 'several opsets',
    bytes: changed((model) => importing(model, 'ai.onnx.ml', 'com.acme')),
  },
  { name: 'functions with attributes, overloads and value_info', bytes: functions() },
  { name: 'training information', bytes: training() },
  { name: 'device configurations', bytes: devices() },
  { name: 'metadata and doc_strings everywhere', bytes: metadata() },
  { name: 'quantization annotations', bytes: annotations() },
  { name: 'an input that is an output', bytes: inputIsOutput() },
  { name: 'an initializer that is an output', bytes: initializerIsOutput('bn.bias', [2]) },
  { name: 'the weight is an output', bytes: initializerIsOutput('conv.weight', [2, 2, 1, 1]) },
  { name: 'initializers, constants and value_info that nobody uses', bytes: unused() },
  { name: 'graphs inside a node', bytes: inSubgraph() },
]
