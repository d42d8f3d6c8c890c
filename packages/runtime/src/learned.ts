import { type AnyModule, mapModules, withAttrs } from '@nnfuse/ir'

/**
 * What modules have learned in a run: attributes that are others now, such as running statistics. Modules are
 * immutable, so the changes are kept beside the model: a layer that is called twice finds here what its first call
 * left, as in PyTorch.
 *
 * A module is known by its attributes object, which must be its `attrs` or one of their properties. Modules that share
 * the object share what they learn.
 */
export class Learned {
  readonly #latest = new Map<object, object>()

  latest<A extends object>(attrs: A): A {
    return (this.#latest.get(attrs) as A | undefined) ?? attrs
  }

  update<A extends object>(attrs: A, changes: Partial<A>): void {
    this.#latest.set(attrs, { ...this.latest(attrs), ...changes })
  }

  /** The module tree with the changes in it: the same object where there are none. */
  appliedTo(root: AnyModule): AnyModule {
    return this.#latest.size === 0 ? root : mapModules(root, (module) => this.#patched(module))
  }

  #patched(module: AnyModule): AnyModule {
    const whole = this.#latest.get(module.attrs as object)
    if (whole !== undefined) return withAttrs(module, whole)
    const changes = Object.entries(module.attrs as object)
      .map(([name, value]) => [name, this.#latest.get(value)] as const)
      .filter(([, latest]) => latest !== undefined)
    return changes.length === 0 ? module : withAttrs(module, Object.fromEntries(changes))
  }
}
