import { AttributeProto_AttributeType as AttributeType, type FunctionProto, type NodeProto } from 'onnx-buf'
import { expect } from 'vitest'
import { importOnnx, serializeOnnx } from '../src/index.js'
import { fused, parameters, parse, shape } from './conv-bn.js'
import { functionOf, type ModelParts, model, node, withReferences } from './onnx-builder.js'

export const formal = ['w', 'scale', 'shift', 'mean', 'variance']

export const actual = (name: string): string[] => parameters(name).map((tensor) => tensor.name)

/** Conv and batch-norm over what they are passed; padding and epsilon are the function's attributes. */
export const block = functionOf('Block', {
  inputs: ['a', ...formal],
  outputs: ['b'],
  attributes: ['padding'],
  defaults: { epsilon: { float: 1e-3 } },
  nodes: [
    withReferences(node('Conv', ['a', 'w'], ['c']), { pads: 'padding' }, AttributeType.INTS),
    withReferences(
      node('BatchNormalization', ['c', ...formal.slice(1)], ['b']),
      { epsilon: 'epsilon' },
      AttributeType.FLOAT,
    ),
  ],
})

/** Nothing that could be fused. */
export const twice = functionOf('Twice', {
  inputs: ['a'],
  outputs: ['b'],
  nodes: [node('Relu', ['a'], ['r']), node('Add', ['r', 'r'], ['b'])],
})

export const padding = [1, 1, 1, 1]

export const call = (
  type: string,
  input: string[],
  output: string[],
  attributes: Parameters<typeof node>[3] = {},
  name = '',
): NodeProto => node(type, input, output, attributes, { domain: 'test', name })

export const io: ModelParts = { inputs: { x: shape }, outputs: { y: shape }, domains: ['test'] }

export const functionsIn = (bytes: Uint8Array): string[] => parse(bytes).functions.map(({ name }) => name)

export const unchanged = async (bytes: Uint8Array): Promise<boolean> =>
  Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes) === 0

export const reasonOf = async (
  functions: readonly FunctionProto[],
  given: NodeProto,
): Promise<string | undefined> => {
  const bytes = model({ ...io, nodes: [given], initializers: parameters('p'), functions })
  expect(Buffer.compare((await fused(bytes)).after, bytes)).toBe(0)
  return (await importOnnx(bytes)).notes[0]?.reason
}
