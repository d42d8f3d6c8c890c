import { type AnyModule, hasHooks, peekBytes, type Tensor } from '@nnfuse/ir'

/** Tensors of at most so many bytes are compared by what they hold, where that is at hand. */
const shortTensor = 256

const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'storage' in value

/** Numbers tensors, so that the same one is called the same. */
const tensorNames = (): ((tensor: Tensor) => string) => {
  const numbers = new Map<Tensor, number>()
  return (tensor) => {
    const bytes = peekBytes(tensor)
    if (bytes !== undefined && bytes.length <= shortTensor)
      return `${tensor.dtype}[${tensor.shape.join()}] ${bytes.join()}`
    const number = numbers.get(tensor) ?? numbers.size
    numbers.set(tensor, number)
    return `#${number}`
  }
}

/** -0 and NaN are other numbers than 0 and null. */
const plain = (value: unknown): unknown => {
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value
  return `number ${Object.is(value, -0) ? '-0' : value}`
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
    return described === undefined
      ? undefined
      : JSON.stringify(described, (_, value) => (isTensor(value) ? nameOf(value) : plain(value)))
  }
}
