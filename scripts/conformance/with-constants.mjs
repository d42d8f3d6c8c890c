// A backend test's model with its weights as constants.

import { clone, fromBinary, toBinary } from '../../examples/node_modules/@bufbuild/protobuf/dist/esm/index.js'
import { ModelProtoSchema, TensorProtoSchema } from '../../examples/node_modules/onnx-buf/dist/onnx_pb.js'

/**
 * @param {import('./values.mjs').Value} value
 * @returns the value as an initializer; none where it is no tensor
 */
const initializersOf = ({ name, proto }) => {
  if (proto === undefined) return []
  const initializer = clone(TensorProtoSchema, proto)
  initializer.name = name
  return [initializer]
}

/**
 * ONNX's node tests give everything as an input, weights too: of such a node nothing is known, so it is left as it is.
 * With all inputs but the first as initializers, nodes become layers. Undefined where there is nothing to make constant.
 *
 * @param {import('./onnx-tests.mjs').BackendTest} test
 * @returns {Uint8Array | undefined}
 */
export const withConstants = ({ bytes, dataSets: [first, ...more] }) => {
  const constants = first?.inputs.slice(1).flatMap(initializersOf) ?? []
  if (constants.length === 0 || more.length > 0) return undefined
  const model = fromBinary(ModelProtoSchema, bytes)
  const { graph } = model
  if (graph === undefined) return undefined
  const names = new Set(constants.map(({ name }) => name))
  graph.initializer.push(...constants)
  const isListed = model.irVersion < 4n // where every initializer is an input
  if (!isListed) graph.input = graph.input.filter(({ name }) => !names.has(name))
  return toBinary(ModelProtoSchema, model)
}
