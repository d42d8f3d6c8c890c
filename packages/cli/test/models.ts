import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  Add,
  type AnyModule,
  BatchNorm2d,
  Conv2d,
  type Dim,
  Flatten,
  floatTensor,
  graphModule,
  Model,
  manualSeed,
  ReLU,
  ReLU6,
  readBytes,
  Sequential,
  type Symbolic,
  stateDict,
  type Tensor,
  type ValueType,
} from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import { readOnnx } from '@nnfuse/onnx/node'
import { shapes } from './run-nnfuse.js'

type Inputs = Readonly<Record<string, ValueType>>

const write = async (path: string, root: AnyModule, given: readonly Dim[] | Inputs): Promise<string> => {
  const inputs = Array.isArray(given) ? { x: { dtype: 'float32', shape: given } as const } : (given as Inputs)
  writeFileSync(path, await serializeOnnx(new Model(root), { inputs }))
  return path
}

/**
 * A layer whose bias and whose batch-norm's mean are both a million: the original rounds away six digits that the
 * folded layer keeps, so that the two differ by more than they may.
 */
export const imprecise = (folder: string): Promise<string> => {
  const million = floatTensor([1e6], [1])
  const one = floatTensor([1], [1])
  const zero = floatTensor([0], [1])
  const conv = Conv2d({ weight: floatTensor([0.3], [1, 1, 1, 1]), bias: million })
  const norm = BatchNorm2d({ numFeatures: 1, weight: one, bias: zero, runningMean: million, runningVar: one })
  return write(join(folder, 'imprecise.onnx'), Sequential([conv, norm]), ['n', 1, 4, 4])
}

/** Takes pictures of 20 by 20 only, but says that any size will do. */
export const picky = (folder: string): Promise<string> => {
  const seeded = manualSeed(0)
  const layers = [
    seeded.Conv2d(1, 2, 3),
    seeded.BatchNorm2d(2),
    ReLU(),
    Flatten(),
    seeded.Linear(2 * 18 * 18, 3),
  ]
  return write(join(folder, 'picky.onnx'), Sequential(layers), ['n', 1, 'height', 'width'])
}

/** A model as exporters leave it that fold batch-norm themselves. */
export const foldedAlready = (folder: string): Promise<string> =>
  write(join(folder, 'folded.onnx'), Sequential([manualSeed(0).Conv2d(1, 2, 3), ReLU()]), ['n', 1, 8, 8])

/** A batch-norm before a convolution that pads with zeros or does not. */
export const normFirst = (folder: string, padding: number): Promise<string> => {
  const statistics = ['weight', 'bias', 'runningMean', 'runningVar'].map((name, i) => [
    name,
    floatTensor([0.5 + i], [1]),
  ])
  const norm = BatchNorm2d({ numFeatures: 1, ...Object.fromEntries(statistics) })
  const layers = [norm, manualSeed(0).Conv2d(1, 2, 3, { padding })]
  return write(join(folder, 'norm-first.onnx'), Sequential(layers), ['n', 1, 8, 8])
}

/** The example model with an operator that nobody knows, so that ONNX Runtime refuses it. */
export const unknownOperator = (folder: string): string => {
  const bytes = readFileSync(shapes)
  const field = '\x22\x11' // of a node's operator: field 4, 17 bytes long
  bytes.write(`${field}GlobalAveragePoop`, bytes.indexOf(`${field}GlobalAveragePool`))
  const path = join(folder, 'unknown.onnx')
  writeFileSync(path, bytes)
  return path
}

/** A field of a message, shorter than 128 bytes. */
const field = (number: number, ...content: readonly Uint8Array[]): Uint8Array => {
  const bytes = Buffer.concat(content)
  return Buffer.concat([Uint8Array.of(number * 8 + 2, bytes.length), bytes])
}

/** A convolution and a batch-norm, where whoever runs the model may pass the convolution's weight. */
export const overridable = async (folder: string): Promise<string> => {
  const seeded = manualSeed(0)
  const path = join(folder, 'overridable.onnx')
  const model = Sequential([seeded.Conv2d(1, 2, 1, { bias: false }), seeded.BatchNorm2d(2)])
  const dims = [2, 1, 1, 1].map((size) => field(1, Uint8Array.of(8, size)))
  const type = field(2, field(1, Uint8Array.of(8, 1), field(2, ...dims)))
  // Protobuf joins what stands in two graph fields: this one has another input.
  const input = field(7, field(11, field(1, Buffer.from('0.weight')), type))
  await write(path, model, ['n', 1, 4, 4])
  writeFileSync(path, Buffer.concat([readFileSync(path), input]))
  return path
}

/** Takes two pictures of any size and adds them, one of them convolved and normalized. */
export const twoInputs = (folder: string, names: readonly [string, string]): Promise<string> => {
  const seeded = manualSeed(0)
  const layers = { conv: seeded.Conv2d(1, 1, 1), norm: seeded.BatchNorm2d(1), add: Add() }
  const type = { dtype: 'float32', shape: ['n', 1, 'height', 'width'] } as const
  const inputs = Object.fromEntries(names.map((name) => [name, type]))
  const root = graphModule(layers, (m, a, b) => m.add(m.norm(m.conv(a as Symbolic)), b as Symbolic), {
    inputs,
  })
  return write(join(folder, 'two.onnx'), root, inputs)
}

/** Takes pictures, but does not say so. */
export const shapeless = (folder: string): Promise<string> => {
  const seeded = manualSeed(0)
  const root = Sequential([seeded.Conv2d(1, 1, 1), seeded.BatchNorm2d(1)])
  return write(join(folder, 'shapeless.onnx'), root, { x: { dtype: 'float32', shape: undefined } })
}

/** Two models that give the same for numbers up to six, as random ones are. */
export const equalUpToSix = (folder: string): Promise<[all: string, upToSix: string]> => {
  const named = (file: string, layer: AnyModule) =>
    write(
      join(folder, file),
      graphModule({ y: layer }, (m, x) => m.y(x)),
      ['n', 2],
    )
  return Promise.all([named('relu.onnx', ReLU()), named('relu6.onnx', ReLU6())])
}

/** A copy of the example model with one weight changed. */
export const wrongWeight = async (folder: string): Promise<string> => {
  const bytes = readFileSync(shapes)
  const weight = stateDict((await readOnnx(shapes)).root).get('stem.conv.weight') as Tensor
  const offset = bytes.indexOf(await readBytes(weight))
  bytes.writeFloatLE(bytes.readFloatLE(offset) + 1, offset)
  const path = join(folder, 'wrong.onnx')
  writeFileSync(path, bytes)
  return path
}
