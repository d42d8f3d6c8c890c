import type { AnyModule } from '../module.js'
import type { Ops } from '../ops.js'

/** Calls the children one after the other, each with what the one before it gave. */
export const runInOrder = <V>(ops: Ops<V>, module: AnyModule, input: V): V => {
  let value = input
  for (const [name, child] of module.children) value = ops.call(name, child, [value])[0] as V
  return value
}
