/**
 * Calls a function while a global `Float16Array` exists.
 *
 * jax-js asks `data instanceof Float16Array` when it is given float64 data, which is a ReferenceError where
 * engines do not have that class yet (Node before 24). A stand-in that nothing is an instance of answers the
 * question, and since the call is synchronous no other code ever sees it.
 */
export const withFloat16Array = <T>(call: () => T): T => {
  if ('Float16Array' in globalThis) return call()
  Object.defineProperty(globalThis, 'Float16Array', { value: class {}, configurable: true })
  try {
    return call()
  } finally {
    Reflect.deleteProperty(globalThis, 'Float16Array')
  }
}
