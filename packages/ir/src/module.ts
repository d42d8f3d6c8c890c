import { type Hooks, noHooks } from './hooks.js'
import type { Ops } from './ops.js'
import type { Tensor } from './tensor.js'
import type { ValueType } from './value-type.js'

/**
 * One layer of a model: an immutable record.
 *
 * `kind` is compared as a string, so modules made by two installed copies of a package agree. `definition` is
 * what the kind knows about itself; interpreters use it, nobody compares it.
 */
export interface Module<N extends string = string, A = unknown> {
  readonly kind: N
  readonly attrs: A
  readonly children: ReadonlyMap<string, AnyModule>
  readonly training: boolean
  readonly hooks: Hooks
  readonly definition: Definition
}

/** A module of any kind. `kind.is(module)` makes it one of a kind. */
export type AnyModule = Module

/** Several outputs of one layer, in order. A forward that has one output returns it bare. */
export interface Outputs<V> {
  readonly outputs: readonly V[]
}

/** What a kind knows about its modules. Only `create` is needed; without `forward` a module cannot be run or written. */
export interface Definition {
  /** What the layer computes, against any interpreter of {@link Ops}. */
  forward?<V>(ops: Ops<V>, module: AnyModule, ...inputs: readonly V[]): V | Outputs<V>
  /** What is known of the outputs of a kind without `forward`, from what is known of the inputs. */
  inferTypes?(attrs: unknown, inputs: readonly ValueType[]): readonly ValueType[]
  /** Tensors that training changes: attribute name to PyTorch's state-dict name. */
  readonly parameters: ReadonlyMap<string, string>
  /** Tensors that are saved but not trained. */
  readonly buffers: ReadonlyMap<string, string>
  /**
   * For a kind without `forward`: what decides what it computes of its inputs, as JSON and tensors, so that two that are
   * equal compute the same. Undefined for one that draws random numbers, and where it is not certain.
   */
  computes?(attrs: unknown): unknown
  /** Whether two inputs may change places: patterns then try both orders. */
  readonly commutative?: boolean
  /** Arguments as they are printed: `3 -> 64, 7x7, stride 2`. */
  describe?(attrs: unknown): string
}

/**
 * What a kind is made from when it is declared; see {@link kind}. The functions are written as methods on purpose:
 * a definition, which knows nothing of A, may hold functions of modules of A.
 */
export interface KindOptions<N extends string, A, Args extends readonly unknown[]> {
  /** Checks the arguments and makes the attributes (and children) of one module from them. */
  readonly create: (...args: Args) => ModuleParts<A>
  forward?<V>(ops: Ops<V>, module: Module<N, A>, ...inputs: readonly V[]): V | Outputs<V>
  /** Types of the outputs, for a kind without `forward`; where there is one, it tells them. */
  inferTypes?(attrs: A, inputs: readonly ValueType[]): readonly ValueType[]
  /** For a kind without `forward`: equal for modules that compute the same; see {@link Definition}. */
  computes?(attrs: A): unknown
  readonly parameters?: { readonly [K in TensorKeys<A>]?: string }
  readonly buffers?: { readonly [K in TensorKeys<A>]?: string }
  /** Says that `f(a, b)` is `f(b, a)`. Default false. */
  readonly commutative?: boolean
  describe?(attrs: A): string
}

/** What a kind makes of its arguments. Without children, and in inference mode, unless told. */
export interface ModuleParts<A> {
  readonly attrs: A
  readonly children?: ReadonlyMap<string, AnyModule>
  readonly training?: boolean
}

type TensorKeys<A> = { [K in keyof A]: Tensor extends A[K] ? K : never }[keyof A] & string

/**
 * A kind of layer, as a value: call it to make a module, put it in a pattern, or ask `kind.is(module)`.
 *
 * @typeParam N its name, `nn.Conv2d`
 * @typeParam A the attributes of its modules
 * @typeParam Args what it is called with
 */
export interface Kind<
  N extends string = string,
  A = unknown,
  Args extends readonly unknown[] = readonly never[],
> {
  (...args: Args): Module<N, A>
  readonly kind: N
  readonly definition: Definition
  is(module: AnyModule): module is Module<N, A>
}

/** A kind, whatever its modules are. */
// biome-ignore lint/suspicious/noExplicitAny: any kind at all; its own types are recovered by ModuleOf.
export type AnyKind = Kind<string, any, any>

/** The modules of a kind. */
export type ModuleOf<K extends AnyKind> = K extends Kind<infer N, infer A, infer _Args> ? Module<N, A> : never

/**
 * Declares a kind of layer.
 *
 * @example
 * ```ts
 * const Scale: Kind<'acme.Scale', { factor: Tensor }, [factor: Tensor]> = kind('acme.Scale', {
 *   create: (factor) => ({ attrs: { factor } }),
 *   forward: (ops, { attrs }, x) => ops.mul(x, ops.constant(attrs.factor)),
 *   parameters: { factor: 'factor' },
 * })
 * ```
 */
export const kind = <N extends string, A, Args extends readonly unknown[]>(
  name: N,
  {
    create,
    forward,
    inferTypes,
    computes,
    parameters = {},
    buffers = {},
    commutative = false,
    describe,
  }: KindOptions<N, A, Args>,
): Kind<N, A, Args> => {
  const definition: Definition = Object.freeze({
    ...(forward && { forward }),
    ...(inferTypes && { inferTypes }),
    ...(computes && { computes }),
    ...(describe && { describe }),
    parameters: new Map(Object.entries<string>(parameters as Record<string, string>)),
    buffers: new Map(Object.entries<string>(buffers as Record<string, string>)),
    commutative,
  })
  const make = (...args: Args): Module<N, A> => {
    const { attrs, children = noChildren, training = false } = create(...args)
    return Object.freeze({ kind: name, attrs, children, training, hooks: noHooks, definition })
  }
  const is = (module: AnyModule): module is Module<N, A> => module.kind === name
  return Object.assign(make, { kind: name, definition, is })
}

const noChildren: ReadonlyMap<string, AnyModule> = new Map()

/** The module with some of its attributes replaced. */
export const withAttrs = <M extends AnyModule>(module: M, attrs: Partial<M['attrs']>): M =>
  Object.freeze({ ...module, attrs: { ...(module.attrs as object), ...(attrs as object) } })

/** The module with other children; all else stays. */
export const withChildren = <M extends AnyModule>(module: M, children: ReadonlyMap<string, AnyModule>): M =>
  Object.freeze({ ...module, children })

/** The module with other hooks; all else stays. */
export const withHooks = <M extends AnyModule>(module: M, hooks: Hooks): M =>
  Object.freeze({ ...module, hooks })

/**
 * The module itself, not what is in it, in training mode or in inference mode; `train` and `inference` switch whole
 * trees.
 */
export const withTraining = <M extends AnyModule>(module: M, training: boolean): M =>
  module.training === training ? module : Object.freeze({ ...module, training })
