import { type AnyModule, checkGraph, flatten, GraphModule, walk } from '@nnfuse/ir'

/**
 * Checks that every graph of a model is well formed, and that containers are called with as many inputs as they take.
 *
 * @throws NnfuseError `BAD_GRAPH` naming the value and the call.
 */
export const checkModel = (model: AnyModule): void => {
  for (const { module } of walk(model)) {
    if (GraphModule.is(module)) checkGraph(module.attrs, (target) => module.children.has(target))
  }
  flatten(model)
}
