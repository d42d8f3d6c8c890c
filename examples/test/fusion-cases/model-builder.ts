import { create, toBinary } from '@bufbuild/protobuf'
import type { DType } from '@nnfuse/ir'
import {
  type FunctionProto,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf'
import { random } from '../../src/architectures/random.js'
import { type Attributes, infoProto, nodeProto, type Shape, tensorProto } from './protos.js'

/** Where random numbers lie: those of weights around 0, those of factors and variances around 1. */
export type Range = readonly [low: number, high: number]
export const aroundZero: Range = [-0.5, 0.5]
export const aroundOne: Range = [0.5, 2]

export interface FileOptions {
  /** 17 unless told */
  readonly opset?: number
  /** 8 unless told */
  readonly irVersion?: number
  /** Of everything that is not said to be of another; float32 unless told. */
  readonly dtype?: DType
  /** How many axes the outputs have: 4 unless told. */
  readonly rank?: number
  readonly domains?: readonly string[]
}

/** An input of the model, and where the numbers lie that it is run on. */
export interface Input {
  readonly name: string
  readonly shape: Shape
  readonly dtype: DType
  readonly range: Range
}

/** Adds up a graph. What its methods return are the names of values, in the order of the graph: `m.relu(m.conv(...))`. */
export class ModelBuilder {
  readonly dtype: DType
  readonly inputs: Input[] = []
  readonly initializers: TensorProto[] = []
  readonly nodes: NodeProto[] = []
  readonly functions: FunctionProto[] = []
  /** Initializers that are listed as inputs. */
  readonly listed: ValueInfoProto[] = []
  /** Whether nodes have names. */
  named = true
  readonly #options: FileOptions
  readonly #next: () => number
  readonly #counts = new Map<string, number>()

  constructor(seed: number, options: FileOptions = {}) {
    this.#options = options
    this.#next = random(seed)
    this.dtype = options.dtype ?? 'float32'
  }

  name(stem: string): string {
    const count = this.#counts.get(stem) ?? 0
    this.#counts.set(stem, count + 1)
    return count === 0 ? stem : `${stem}${count + 1}`
  }

  input(
    shape: Shape,
    { dtype = this.dtype, range = [-2, 2] }: { dtype?: DType; range?: Range } = {},
  ): string {
    const name = this.name('x')
    this.inputs.push({ name, shape, dtype, range })
    return name
  }

  drawn(count: number, [low, high]: Range): number[] {
    return Array.from({ length: count }, () => low + (high - low) * this.#next())
  }

  /** An initializer. */
  tensor(
    stem: string,
    dims: readonly number[],
    values: ArrayLike<number>,
    dtype: DType = this.dtype,
  ): string {
    const name = this.name(stem)
    this.initializers.push(tensorProto(name, dims, values, dtype))
    return name
  }

  /** An initializer of random numbers. */
  weights(dims: readonly number[], range: Range = aroundZero, dtype: DType = this.dtype, stem = 'w'): string {
    const count = dims.reduce((product, size) => product * size, 1)
    return this.tensor(stem, dims, this.drawn(count, range), dtype)
  }

  ints(...values: number[]): string {
    return this.tensor('ints', [values.length], values, 'int64')
  }

  node(opType: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    const name = this.name(opType.toLowerCase())
    const output = `${name}_y`
    this.nodes.push(
      nodeProto(opType, inputs, [output], attributes, {
        ...(this.named && { name }),
        ...(domain && { domain }),
      }),
    )
    return output
  }

  graph(outputs: readonly string[], name = 'graph'): GraphProto {
    const { dtype, listed } = this
    const unsaid = new Array<null>(this.#options.rank ?? 4).fill(null)
    return create(GraphProtoSchema, {
      name,
      node: this.nodes,
      initializer: this.initializers,
      input: [...this.inputs.map((input) => infoProto(input.name, input.shape, input.dtype)), ...listed],
      output: outputs.map((output) => infoProto(output, unsaid, dtype)),
    })
  }

  file(outputs: readonly string[]): Uint8Array {
    const { opset = 17, irVersion = 8, domains = [] } = this.#options
    const opsets = [['', opset] as const, ...domains.map((domain) => [domain, 1] as const)]
    const model = create(ModelProtoSchema, {
      irVersion: BigInt(irVersion),
      opsetImport: opsets.map(([domain, version]) => ({ domain, version: BigInt(version) })),
      graph: this.graph(outputs),
      functions: this.functions,
    })
    return toBinary(ModelProtoSchema, model)
  }
}
