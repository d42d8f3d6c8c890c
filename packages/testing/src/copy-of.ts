import { type AnyModule, mapModules } from '@nnfuse/ir'

/*
 * Each law works on a copy of its own: a rule that changes its input would otherwise spoil the models of the laws that
 * are checked after it, and the case that was given.
 */

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

const copied = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(copied)
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, copied(entry)]))
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry)]))
}

/** A module tree of the same hooks and functions, but with attributes and tensors in memory of its own. */
export const copyOf = (model: AnyModule): AnyModule =>
  mapModules(model, (module) => Object.freeze({ ...module, attrs: copied(module.attrs) }))

/** Freezes a value and everything in it that can be frozen. */
export const deepFreeze = (value: unknown): void => {
  if (!Array.isArray(value) && !isPlain(value)) return
  Object.freeze(value)
  for (const entry of Object.values(value)) deepFreeze(entry)
}
