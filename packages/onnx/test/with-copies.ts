import { type Model, withAttrs, withChildren } from '@nnfuse/ir'

/** The model with every layer as another object, so that nothing is known to be the file's, and all is written anew. */
export const withCopies = (model: Model): Model => {
  const children = [...model.root.children].map(([name, child]) => [name, withAttrs(child, {})] as const)
  return model.with(withChildren(model.root, new Map(children)))
}
