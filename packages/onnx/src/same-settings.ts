import { type AnyModule, isTensor, type Tensor } from '@nnfuse/ir'

const sameShape = (a: Tensor, b: Tensor): boolean => String(a.shape) === String(b.shape)

/** Tensors may be others, as long as their shapes are the same; a bias may have come or gone. */
const sameSetting = (a: unknown, b: unknown): boolean => {
  if (isTensor(a) && isTensor(b)) return sameShape(a, b)
  if (isTensor(a) || isTensor(b)) return a === null || b === null
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Whether two modules are of one kind and differ at most in the values of their tensors. */
export const sameSettings = (a: AnyModule, b: AnyModule): boolean => {
  const [left, right] = [
    new Map(Object.entries(a.attrs as object)),
    new Map(Object.entries(b.attrs as object)),
  ]
  const keys = new Set([...left.keys(), ...right.keys()])
  return a.kind === b.kind && [...keys].every((key) => sameSetting(left.get(key), right.get(key)))
}
