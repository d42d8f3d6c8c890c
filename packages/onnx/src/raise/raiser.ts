import type { AnyModule, Dim, Tensor, ValueType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'

/** What a raiser may ask about the values of a node. */
export interface RaiseContext {
  readonly opset: number
  /** The tensor of a constant; undefined for what is computed at run time, and for ''. */
  constant(value: string | undefined): Tensor | undefined
  type(value: string | undefined): ValueType
  /** Whether anything uses the value. */
  isUsed(value: string): boolean
  /** Whether a constant is stored in fewer bits, and made floats by the file. */
  isQuantized(value: string): boolean
  /** Why a value is no constant, for a note: `"w" is an input of the graph`. */
  whyNotConstant(value: string): string
}

/** A module that computes exactly what a node computes. */
export interface Raised {
  readonly module: AnyModule
  /** Which inputs of the node are data, in the order of the module's inputs. */
  readonly inputs: readonly number[]
  /** The module's tensors are not the node's inputs as they stand; see {@link Origin}. */
  readonly indirect?: true
  /** What the operator says of its result's shape, even where that of its input is not known. */
  readonly shape?: readonly Dim[]
}

/** Gives a module for a node, or the reason why there is none that computes exactly the same. */
export type Raiser = (node: NodeProto, context: RaiseContext) => Raised | string

/** A module with one input, the node's first. */
export const unary = (module: AnyModule): Raised => ({ module, inputs: [0] })
