import { type AnyModule, stateEntries, type Tensor, walk } from '@nnfuse/ir'

/** A tensor that training changes, of one layer. A layer that stands at several paths has it once. */
export interface Parameter {
  readonly tensor: Tensor
  /** Its keys in the state dict. */
  readonly keys: readonly string[]
}

/**
 * The parameters of a model, to be found again by their tensor within a module. Layers may share a tensor and be trained
 * apart all the same; what makes two of them one is that they share their attributes.
 */
export class Parameters {
  readonly #byAttrs = new Map<unknown, Map<Tensor, { tensor: Tensor; keys: string[] }>>()

  constructor(root: AnyModule) {
    const attrsAt = new Map([...walk(root)].map(({ path, module }) => [path, module.attrs]))
    for (const { key, path, role, tensor } of stateEntries(root)) {
      if (role === 'parameter') this.#add(attrsAt.get(path), tensor, key)
    }
  }

  #add(attrs: unknown, tensor: Tensor, key: string): void {
    const known = this.#byAttrs.get(attrs) ?? new Map<Tensor, { tensor: Tensor; keys: string[] }>()
    this.#byAttrs.set(attrs, known)
    const parameter = known.get(tensor)
    if (parameter === undefined) known.set(tensor, { tensor, keys: [key] })
    else parameter.keys.push(key)
  }

  /** The parameter that a tensor is for a module, or for one of those below it. */
  find(tensor: Tensor, module: AnyModule): Parameter | undefined {
    for (const { module: owner } of walk(module)) {
      const parameter = this.#byAttrs.get(owner.attrs)?.get(tensor)
      if (parameter !== undefined) return parameter
    }
    return undefined
  }
}
