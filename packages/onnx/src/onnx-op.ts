import { type Kind, kind, type Module } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { computedBy } from './computed-by.js'
import { opaqueTypes } from './infer/opaque-types.js'
import type { ImportedBodies } from './inner-graphs.js'

/** What one input of an opaque module stands for in its node. */
export type OnnxSlot = { readonly input: number } | { readonly captured: string }

/** A node that no kind of layer expresses exactly. */
export interface OnnxOpAttrs {
  readonly opType: string
  /** Empty for ONNX's own operators. */
  readonly domain: string
  /**
   * One of ONNX's own, in a version whose meaning is known here, and with no attribute, input or output that the operator
   * does not have; no function of the file has its name. Of others, a name says nothing.
   */
  readonly isStandard: boolean
  readonly node: NodeProto
  /** One for each input of the module: an input of the node, or a name that a graph inside the node uses. */
  readonly slots: readonly OnnxSlot[]
  /** Positions of the node's outputs that have a name; the module's outputs are these, in order. */
  readonly outputs: readonly number[]
  /** The graphs in its attributes, whose layers are the module's children: `then_branch`, `body`. */
  readonly inner?: ImportedBodies
}

/** The modules of {@link OnnxOp}. */
export type OnnxOpModule = Module<'onnx.Op', OnnxOpAttrs>

/** Adds to what is there, or the like, where the operator of that name writes over it. */
const reductionOf = ({ attribute }: NodeProto): string => {
  const given = attribute.find(({ name }) => name === 'reduction')
  const text = given ? new TextDecoder().decode(given.s) : 'none'
  return text === 'none' ? '' : `, ${text}`
}

/** An operator of ONNX by its name alone, others with their domain. */
const describeOp = ({ domain, opType, isStandard, node }: OnnxOpAttrs): string =>
  isStandard ? `${opType}${reductionOf(node)}` : `${domain || 'ai.onnx'}/${opType}`

/** An ONNX node that is kept as it is. Nothing runs it, and writing gives back its bytes. */
export const OnnxOp: Kind<'onnx.Op', OnnxOpAttrs, [attrs: OnnxOpAttrs]> = kind('onnx.Op', {
  create: (attrs) => (attrs.inner ? { attrs, children: attrs.inner.roots } : { attrs }),
  inferTypes: opaqueTypes,
  computes: computedBy,
  describe: describeOp,
})
