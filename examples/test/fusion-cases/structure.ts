import { create } from '@bufbuild/protobuf'
import { FunctionProtoSchema, type GraphProto } from 'onnx-buf'
import { type FusionCase, reaches } from './fusion-case.js'
import { bn, conv, image, kernel, relu, statistics } from './layers.js'
import { ModelBuilder } from './model-builder.js'
import { nodeProto } from './protos.js'

/** A branch of If: it uses a value of the graph around it. */
const branch = (seed: number, build: (m: ModelBuilder) => string): GraphProto => {
  const m = new ModelBuilder(seed)
  const y = build(m)
  return m.graph([y], `branch${seed}`)
}

const inBranch = (m: ModelBuilder): string => {
  const x = image(m)
  const condition = m.input([], { dtype: 'bool' })
  return m.node('If', [condition], {
    then_branch: branch(1, (inner) => bn(inner, conv(inner, x))),
    else_branch: branch(2, (inner) => relu(inner, conv(inner, x))),
  })
}

const parameters = ['w', 'scale', 'shift', 'mean', 'variance']

const block = create(FunctionProtoSchema, {
  name: 'Block',
  domain: 'test',
  input: ['a', ...parameters],
  output: ['b'],
  node: [
    nodeProto('Conv', ['a', 'w'], ['c']),
    nodeProto('BatchNormalization', ['c', 'scale', 'shift', 'mean', 'variance'], ['b']),
  ],
  opsetImport: [{ domain: '', version: 17n }],
})

const inFunction = (m: ModelBuilder): string => {
  m.functions.push(block)
  return m.node('Block', [image(m), m.weights(kernel), ...statistics(m, 4)], {}, 'test')
}

const unnamed = (m: ModelBuilder): string => {
  m.named = false
  return relu(m, bn(m, conv(m, image(m))))
}

/** Where the nodes stand, and what they are called. */
export const structure: readonly FusionCase[] = [
  reaches('57', 'Conv, BatchNormalization in a branch of If; Conv, Relu in the other', 4, inBranch),
  reaches('58', 'Conv, BatchNormalization in a function that is passed the weights', 1, inFunction, {
    domains: ['test'],
  }),
  reaches('64', 'nodes without names: Conv, BatchNormalization, Relu', 2, unnamed),
]
