import { wrongChildren } from '../errors.js'
import { type AnyKind, type AnyModule, type Kind, kind, type ModuleOf } from '../module.js'
import { LeakyReLU, ReLU, Tanh } from './activations.js'
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch-norm.js'
import { Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './conv.js'
import { Linear } from './linear.js'
import { runInOrder } from './run-in-order.js'

/*
 * Layers that belong together, as PyTorch's torch.ao.nn.intrinsic names them: containers that hold the layers
 * they are made of (children "0", "1", "2", so state-dict keys are PyTorch's) and run them in order. Only
 * ConvAdd2d and ConvAddReLU2d take a second input, added to what the convolution gives.
 */

type NoAttrs = Record<never, never>

const noAttrs: NoAttrs = Object.freeze({})
type Modules<Slots extends readonly AnyKind[]> = { [I in keyof Slots]: ModuleOf<Slots[I]> }

/** A kind whose modules run the given layers one after the other. Training mode is that of its first layer. */
export type FusedKind<N extends string, Slots extends readonly AnyKind[]> = Kind<N, NoAttrs, Modules<Slots>>

const checkKinds = (name: string, slots: readonly AnyKind[], modules: readonly AnyModule[]): void => {
  if (modules.length === slots.length && slots.every((slot, i) => slot.kind === modules[i]?.kind)) return
  throw wrongChildren(
    name,
    slots.map((slot) => slot.kind),
    modules.map((module) => module.kind),
  )
}

const children = (modules: readonly AnyModule[]): ReadonlyMap<string, AnyModule> =>
  new Map(modules.map((module, i) => [String(i), module]))

/**
 * Declares a fused kind.
 *
 * @example `const ConvReLU2d = fusedKind('nni.ConvReLU2d', [Conv2d, ReLU])`, then `ConvReLU2d(conv, relu)`
 */
export const fusedKind = <N extends string, const Slots extends readonly AnyKind[]>(
  name: N,
  slots: Slots,
): FusedKind<N, Slots> =>
  kind<N, NoAttrs, Modules<Slots>>(name, {
    create: (...modules) => {
      const layers = modules as unknown as readonly AnyModule[]
      checkKinds(name, slots, layers)
      return { attrs: noAttrs, children: children(layers), training: layers[0]?.training ?? false }
    },
    forward: runInOrder,
  })

type Fused<N extends string, Slots extends readonly AnyKind[]> = FusedKind<`nni.${N}`, Slots>
type C1 = typeof Conv1d
type C2 = typeof Conv2d
type C3 = typeof Conv3d
type T1 = typeof ConvTranspose1d
type T2 = typeof ConvTranspose2d
type T3 = typeof ConvTranspose3d
type B1 = typeof BatchNorm1d
type B2 = typeof BatchNorm2d
type B3 = typeof BatchNorm3d
type L = typeof Linear
type R = typeof ReLU

/** `relu(conv(x))`; torch's `nni.ConvReLU1d`. */
export const ConvReLU1d: Fused<'ConvReLU1d', [C1, R]> = fusedKind('nni.ConvReLU1d', [Conv1d, ReLU])
/** `relu(conv(x))`; torch's `nni.ConvReLU2d`. */
export const ConvReLU2d: Fused<'ConvReLU2d', [C2, R]> = fusedKind('nni.ConvReLU2d', [Conv2d, ReLU])
/** `relu(conv(x))`; torch's `nni.ConvReLU3d`. */
export const ConvReLU3d: Fused<'ConvReLU3d', [C3, R]> = fusedKind('nni.ConvReLU3d', [Conv3d, ReLU])

/** `bn(conv(x))`, not folded, for training; torch's `nni.ConvBn1d`. */
export const ConvBn1d: Fused<'ConvBn1d', [C1, B1]> = fusedKind('nni.ConvBn1d', [Conv1d, BatchNorm1d])
/** `bn(conv(x))`, not folded, for training; torch's `nni.ConvBn2d`. */
export const ConvBn2d: Fused<'ConvBn2d', [C2, B2]> = fusedKind('nni.ConvBn2d', [Conv2d, BatchNorm2d])
/** `bn(conv(x))`, not folded, for training; torch's `nni.ConvBn3d`. */
export const ConvBn3d: Fused<'ConvBn3d', [C3, B3]> = fusedKind('nni.ConvBn3d', [Conv3d, BatchNorm3d])

/** `relu(bn(conv(x)))`, not folded, for training; torch's `nni.ConvBnReLU1d`. */
export const ConvBnReLU1d: Fused<'ConvBnReLU1d', [C1, B1, R]> = fusedKind('nni.ConvBnReLU1d', [
  Conv1d,
  BatchNorm1d,
  ReLU,
])
/** `relu(bn(conv(x)))`, not folded, for training; torch's `nni.ConvBnReLU2d`. */
export const ConvBnReLU2d: Fused<'ConvBnReLU2d', [C2, B2, R]> = fusedKind('nni.ConvBnReLU2d', [
  Conv2d,
  BatchNorm2d,
  ReLU,
])
/** `relu(bn(conv(x)))`, not folded, for training; torch's `nni.ConvBnReLU3d`. */
export const ConvBnReLU3d: Fused<'ConvBnReLU3d', [C3, B3, R]> = fusedKind('nni.ConvBnReLU3d', [
  Conv3d,
  BatchNorm3d,
  ReLU,
])

/** `relu(bn(x))` of `[N, C, H, W]`; torch's `nni.BNReLU2d`. */
export const BNReLU2d: Fused<'BNReLU2d', [B2, R]> = fusedKind('nni.BNReLU2d', [BatchNorm2d, ReLU])
/** `relu(bn(x))` of `[N, C, D, H, W]`; torch's `nni.BNReLU3d`. */
export const BNReLU3d: Fused<'BNReLU3d', [B3, R]> = fusedKind('nni.BNReLU3d', [BatchNorm3d, ReLU])

/** `relu(linear(x))`; torch's `nni.LinearReLU`. */
export const LinearReLU: Fused<'LinearReLU', [L, R]> = fusedKind('nni.LinearReLU', [Linear, ReLU])
/** `bn(linear(x))`, not folded, for training; torch's `nni.LinearBn1d`. */
export const LinearBn1d: Fused<'LinearBn1d', [L, B1]> = fusedKind('nni.LinearBn1d', [Linear, BatchNorm1d])
/** `leakyRelu(linear(x))`; torch's `nni.LinearLeakyReLU`, of its backend onednn. */
export const LinearLeakyReLU: Fused<'LinearLeakyReLU', [L, typeof LeakyReLU]> = fusedKind(
  'nni.LinearLeakyReLU',
  [Linear, LeakyReLU],
)
/** `tanh(linear(x))`; torch's `nni.LinearTanh`, of its backend onednn. */
export const LinearTanh: Fused<'LinearTanh', [L, typeof Tanh]> = fusedKind('nni.LinearTanh', [Linear, Tanh])

// PyTorch has no such classes; the names follow its scheme.

/** `relu(bn(linear(x)))`, not folded, for training. torch has none. */
export const LinearBnReLU1d: Fused<'LinearBnReLU1d', [L, B1, R]> = fusedKind('nni.LinearBnReLU1d', [
  Linear,
  BatchNorm1d,
  ReLU,
])

/** `bn(convTranspose(x))`, not folded, for training. torch has none. */
export const ConvTransposeBn1d: Fused<'ConvTransposeBn1d', [T1, B1]> = fusedKind('nni.ConvTransposeBn1d', [
  ConvTranspose1d,
  BatchNorm1d,
])
/** `bn(convTranspose(x))`, not folded, for training. torch has none. */
export const ConvTransposeBn2d: Fused<'ConvTransposeBn2d', [T2, B2]> = fusedKind('nni.ConvTransposeBn2d', [
  ConvTranspose2d,
  BatchNorm2d,
])
/** `bn(convTranspose(x))`, not folded, for training. torch has none. */
export const ConvTransposeBn3d: Fused<'ConvTransposeBn3d', [T3, B3]> = fusedKind('nni.ConvTransposeBn3d', [
  ConvTranspose3d,
  BatchNorm3d,
])

/** `conv(x) + y` */
export const ConvAdd2d: Kind<'nni.ConvAdd2d', NoAttrs, [conv: ModuleOf<C2>]> = kind('nni.ConvAdd2d', {
  create: (conv) => {
    checkKinds('nni.ConvAdd2d', [Conv2d], [conv])
    return { attrs: {}, children: children([conv]), training: conv.training }
  },
  forward: (ops, module, x, y) => ops.add(runInOrder(ops, module, x), y),
})

/** `relu(conv(x) + y)` */
export const ConvAddReLU2d: Kind<'nni.ConvAddReLU2d', NoAttrs, [conv: ModuleOf<C2>, relu: ModuleOf<R>]> =
  kind('nni.ConvAddReLU2d', {
    create: (conv, relu) => {
      checkKinds('nni.ConvAddReLU2d', [Conv2d, ReLU], [conv, relu])
      const layers = new Map<string, AnyModule>([
        ['0', conv],
        ['relu', relu],
      ])
      return { attrs: {}, children: layers, training: conv.training }
    },
    forward: (ops, { children }, x, y) => {
      const [conv, relu] = [...children.values()] as [AnyModule, AnyModule]
      const [product] = ops.call('0', conv, [x])
      const [result] = ops.call('relu', relu, [ops.add(product as typeof x, y)])
      return result as typeof x
    },
  })
