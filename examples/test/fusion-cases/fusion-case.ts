import { type FileOptions, ModelBuilder } from './model-builder.js'

/** What computes a model: ONNX Runtime, or what has kernels for it; nothing where no byte has changed. */
export type RunBy = 'ONNX Runtime' | 'nnfuse runtime' | 'same bytes'

interface Checks {
  readonly ranBy: RunBy
  /** Largest difference, as a part of the largest element. */
  readonly tolerance: number
  /** How few nodes there could be, where nnfuse leaves more. */
  readonly fewest?: number
  /** How many nodes are left where initializers that are inputs are taken for constants, if that makes a difference. */
  readonly onRequest?: number
}

/** ONNX Runtime with a tolerance of 1e-5 unless told. */
type CaseOptions = FileOptions & Partial<Checks>

const usual: Checks = { ranBy: 'ONNX Runtime', tolerance: 1e-5 }

type Build = (m: ModelBuilder) => string | readonly string[]

export interface FusionCase extends Checks {
  readonly id: string
  readonly name: string
  /** How many nodes are left, those in subgraphs included. */
  readonly nodes: number
  /** What the report must say of why; undefined where nothing is left that looks foldable. */
  readonly left: RegExp | undefined
  readonly file: FileOptions
  /** Adds the graph, and gives its outputs. */
  readonly build: Build
}

/** A case that comes down to so many nodes. */
export const reaches = (
  id: string,
  name: string,
  nodes: number,
  build: Build,
  options: CaseOptions = {},
): FusionCase => ({ ...usual, ...options, id, name, nodes, left: undefined, file: options, build })

/** A case where something that looks foldable must be left, for a reason that the report gives. */
export const leaves = (
  id: string,
  name: string,
  nodes: number,
  left: RegExp,
  build: Build,
  options: CaseOptions = {},
): FusionCase => ({ ...reaches(id, name, nodes, build, options), left })

/** Each case draws numbers of its own, whatever other cases there are. */
const seedOf = (id: string): number => [...id].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0), 7)

/** The model of a case, and what it is given when it is run. */
export interface CaseModel {
  readonly bytes: Uint8Array
  readonly builder: ModelBuilder
}

export const modelOf = ({ id, build, file }: FusionCase): CaseModel => {
  const builder = new ModelBuilder(seedOf(id), file)
  const outputs = build(builder)
  return { bytes: builder.file(typeof outputs === 'string' ? [outputs] : outputs), builder }
}
