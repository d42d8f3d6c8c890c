import type { GraphModuleOf } from '@nnfuse/ir'
import type { OnnxDocument, OnnxNode } from './document.js'
import type { FieldSpan } from './wire.js'

/** A graph that stands in an attribute of a node: a branch of If, the body of Loop or Scan. */
export interface OnnxBody {
  /** The attribute's name; with a number where it holds several graphs. */
  readonly name: string
  /** The attribute, one field of the node. */
  readonly attribute: FieldSpan
  /** What stands in the attribute. */
  readonly fields: readonly FieldSpan[]
  /** Names that it, or a graph inside it, takes from the graphs around it. */
  readonly captured: readonly string[]
  /** What is kept of it for writing it back, as of a file of its own. */
  readonly document: OnnxDocument
}

/** A node whose attributes hold graphs, and where everything stands in it. */
export interface OnnxBodies {
  readonly node: OnnxNode
  readonly fields: readonly FieldSpan[]
  readonly bodies: readonly OnnxBody[]
}

/** The same with the layers of its graphs, as they were read. */
export interface ImportedBodies extends OnnxBodies {
  readonly roots: ReadonlyMap<string, GraphModuleOf>
}

/** Whether a graph, or one inside it, has tensors in other files: these are written into the new file. */
export const holdsExternal = (bodies: readonly OnnxBody[]): boolean => {
  const stack = [...bodies]
  for (let body = stack.pop(); body !== undefined; body = stack.pop()) {
    const { initializers, bodies } = body.document
    if ([...initializers.values()].some(({ external }) => external)) return true
    for (const inner of bodies.values()) stack.push(...inner.bodies)
  }
  return false
}
