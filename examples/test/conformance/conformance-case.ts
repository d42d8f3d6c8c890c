import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import type { CaseModel } from '../fusion-cases/fusion-case.js'
import { ModelBuilder } from '../fusion-cases/model-builder.js'

type Build = (m: ModelBuilder) => string | readonly string[]

export interface ConformanceCase {
  readonly name: string
  readonly opset: number
  /** Adds the graph, and gives its outputs. */
  readonly build: Build
}

/** The same in each of some opsets. */
export const inOpsets = (opsets: readonly number[], name: string, build: Build): ConformanceCase[] =>
  opsets.map((opset) => ({ name: `${name} (opset ${opset})`, opset, build }))

/** One of some opsets, another for each row of a table. */
export const oneOf = (opsets: readonly number[], row: number): number[] => [
  opsets[row % opsets.length] as number,
]

/** What the outputs are is left to whoever runs the model. */
const withoutShapes = (bytes: Uint8Array): Uint8Array => {
  const model = fromBinary(ModelProtoSchema, bytes)
  for (const { type } of model.graph?.output ?? []) {
    if (type?.value.case === 'tensorType') delete type.value.value.shape
  }
  return toBinary(ModelProtoSchema, model)
}

const seedOf = (name: string): number =>
  [...name].reduce((seed, letter) => (seed * 31 + letter.charCodeAt(0)) % 1_000_003, 7)

export const irVersionOf = (opset: number): number => (opset < 21 ? 8 : 10)

export const modelOf = ({ name, opset, build }: ConformanceCase): CaseModel => {
  const builder = new ModelBuilder(seedOf(name), { opset, irVersion: irVersionOf(opset) })
  const outputs = build(builder)
  return { bytes: withoutShapes(builder.file([outputs].flat())), builder }
}
