import { type AnyModule, hasHooks, isTensor, peekBytes, type Tensor } from '@nnfuse/ir'

/** Tensors of at most so many bytes are compared by what they hold, where that is at hand. */
const shortTensor = 256

/** Numbers tensors, so that the same one is called the same. What is approximate here, may differ in a runtime. */
const tensorNames = (): ((tensor: Tensor) => string) => {
  const numbers = new Map<Tensor, number>()
  return (tensor) => {
    const bytes = tensor.approximate ? undefined : peekBytes(tensor)
    if (bytes !== undefined && bytes.length <= shortTensor)
      return `${tensor.dtype}[${tensor.shape.join()}] ${bytes.join()}`
    const number = numbers.get(tensor) ?? numbers.size
    numbers.set(tensor, number)
    return `#${number}`
  }
}

/** What no text begins with that is taken for certain. */
const mark = '\0'

const isRecord = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}

/**
 * A value as JSON has it, such that different values stay different: -0 and NaN are other numbers than 0 and null.
 * Undefined for what JSON cannot tell apart: functions, maps, instances of classes.
 */
const plain = (value: unknown): unknown => {
  if (value === undefined) return `${mark}undefined`
  if (typeof value === 'bigint') return `${mark}${value}n`
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : `${mark}${Object.is(value, -0) ? '-0' : value}`
  if (typeof value === 'string') return value.startsWith(mark) ? undefined : value
  if (typeof value === 'boolean' || value === null) return value
  return typeof value === 'object' && isRecord(value) ? value : undefined
}

/** Text that is the same for equal values only; undefined where that is not certain. */
const describeValue = (described: unknown, nameOf: (tensor: Tensor) => string): string | undefined => {
  let isCertain = true
  const text = JSON.stringify(described, (_, value) => {
    const told = isTensor(value) ? `${mark}${nameOf(value)}` : plain(value)
    if (told === undefined) isCertain = false
    return told
  })
  return isCertain ? text : undefined
}

/**
 * Says what modules compute: two that are described alike give the same of the same inputs. Undefined for those of which
 * that is not certain: what trains may drop elements at random, hooks see each call, and what a kind without a forward
 * computes only the kind knows.
 */
export const describer = (): ((module: AnyModule) => string | undefined) => {
  const nameOf = tensorNames()
  const describeAll = (module: AnyModule): unknown => {
    const { kind, attrs, definition, children, training, hooks } = module
    if (training || hasHooks(hooks)) return undefined
    const own = definition.forward ? attrs : definition.computes?.(attrs)
    const inner = [...children].map(([path, child]) => [path, describeAll(child)])
    if (own === undefined || inner.some(([, child]) => child === undefined)) return undefined
    return [kind, own, inner]
  }
  return (module) => {
    const described = describeAll(module)
    return described === undefined ? undefined : describeValue(described, nameOf)
  }
}
