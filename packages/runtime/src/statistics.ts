import { type AnyModule, type BatchNormAttrs, mapModules, withAttrs } from '@nnfuse/ir'

type Running = Pick<BatchNormAttrs, 'runningMean' | 'runningVar' | 'numBatchesTracked'>

/**
 * Running statistics that a run has changed. Modules are immutable, so the changes are kept beside the model: a
 * layer that is called twice finds here what its first call left, as in PyTorch.
 *
 * A batch-norm is known by its attributes object, which must be a module's `attrs` or one of their properties.
 * Modules that share the object share the statistics.
 */
export class Statistics {
  readonly #latest = new Map<object, BatchNormAttrs>()

  latest(attrs: BatchNormAttrs): BatchNormAttrs {
    return this.#latest.get(attrs) ?? attrs
  }

  update(attrs: BatchNormAttrs, running: Running): void {
    this.#latest.set(attrs, { ...this.latest(attrs), ...running })
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
