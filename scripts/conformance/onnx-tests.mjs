// The backend tests in a folder.

import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fromBinary } from '../../examples/node_modules/@bufbuild/protobuf/dist/esm/index.js'
import { ModelProtoSchema } from '../../examples/node_modules/onnx-buf/dist/onnx_pb.js'
import { ramp, readValue } from './values.mjs'

/**
 * @typedef {import('./values.mjs').Value} Value
 * @typedef {{ inputs: Value[], outputs: Value[] }} DataSet
 * @typedef {{
 *   name: string,
 *   group: string,
 *   bytes: Uint8Array,
 *   model: import('../../examples/node_modules/onnx-buf/dist/onnx_pb.js').ModelProto,
 *   dataSets: DataSet[],
 *   rtol: number,
 *   atol: number,
 * }} BackendTest
 */

/** The tolerances of ONNX's own runner, where a test has none of its own. */
const usual = { rtol: 1e-3, atol: 1e-7 }

/** @param {string} path */
const readModel = (path) => {
  const bytes = new Uint8Array(readFileSync(path))
  return { bytes, model: fromBinary(ModelProtoSchema, bytes) }
}

/**
 * `input_0.pb` and so on, each of the type that the model says of it.
 *
 * @param {string} folder
 * @param {'input' | 'output'} kind
 * @param {readonly import('../../examples/node_modules/onnx-buf/dist/onnx_pb.js').ValueInfoProto[]} infos
 */
const readValues = (folder, kind, infos) =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${kind}_`))
    .map((_, i) => readValue(readFileSync(join(folder, `${kind}_${i}.pb`)), infos[i]))

/** @param {string} folder */
const readTest = (folder) => {
  const { bytes, model } = readModel(join(folder, 'model.onnx'))
  const files = readdirSync(folder)
  const dataSets = files
    .filter((file) => file.startsWith('test_data_set_'))
    .map((file) => ({
      inputs: readValues(join(folder, file), 'input', model.graph?.input ?? []),
      outputs: readValues(join(folder, file), 'output', model.graph?.output ?? []),
    }))
  const told = files.includes('data.json') ? JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8')) : {}
  return {
    name: basename(folder),
    group: basename(dirname(folder)),
    bytes,
    model,
    dataSets,
    ...usual,
    ...told,
  }
}

/** @param {string} path */
const isLight = (path) => path.endsWith('.onnx')

/** @param {string} path of a model of the folder `light` */
const outputOf = (path) => path.replace(/\.onnx$/, '_output_0.pb')

/**
 * A model of the folder `light`: real architectures whose weights are all one number each, with the output for an input
 * that counts from 0 to 1.
 *
 * @param {string} path
 */
const readLightTest = (path) => {
  const { bytes, model } = readModel(path)
  const constants = new Set(model.graph?.initializer.map(({ name }) => name))
  const inputs = (model.graph?.input ?? []).filter(({ name }) => !constants.has(name)).map(ramp)
  const outputs = [readValue(readFileSync(outputOf(path)), model.graph?.output[0])]
  return {
    name: basename(path, '.onnx'),
    group: basename(dirname(path)),
    bytes,
    model,
    dataSets: [{ inputs, outputs }],
    ...usual,
  }
}

/**
 * Every test in a folder and the folders in it, in the order of their names.
 *
 * @param {string} folder
 * @returns {Generator<BackendTest>}
 */
export function* testsIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  const names = new Set(entries.map(({ name }) => name))
  if (names.has('model.onnx')) {
    yield readTest(folder)
    return
  }
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* testsIn(path)
    else if (isLight(entry.name) && names.has(outputOf(entry.name))) yield readLightTest(path)
  }
}
