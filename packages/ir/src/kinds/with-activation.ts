import { NnfuseError } from '../errors.js'
import type { AnyKind, AnyModule } from '../module.js'
import { GELU, Hardswish, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Tanh } from './activations.js'
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch-norm.js'
import { Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './conv.js'
import { type FusedKind, fusedKind } from './fused.js'
import { Linear } from './linear.js'

/*
 * A layer, perhaps a batch-norm, and an activation held together, for every combination. PyTorch has a class for a
 * few (ConvReLU2d, LinearTanh, ConvBnReLU2d); the others are named by its scheme: ConvSiLU2d, LinearGELU, BNReLU1d,
 * ConvTransposeBnTanh1d.
 */

/** Activations that can be held together with the layer before them. */
export const activations: readonly AnyKind[] = [ReLU, ReLU6, LeakyReLU, Tanh, Sigmoid, SiLU, GELU, Hardswish]

/** Layers, with the name of the fused kind around that of the activation. */
type Row = readonly [layers: readonly AnyKind[], before: string, after: string]

const rows: readonly Row[] = [
  [[Conv1d], 'Conv', '1d'],
  [[Conv2d], 'Conv', '2d'],
  [[Conv3d], 'Conv', '3d'],
  [[ConvTranspose1d], 'ConvTranspose', '1d'],
  [[ConvTranspose2d], 'ConvTranspose', '2d'],
  [[ConvTranspose3d], 'ConvTranspose', '3d'],
  [[Linear], 'Linear', ''],
  [[BatchNorm1d], 'BN', '1d'],
  [[BatchNorm2d], 'BN', '2d'],
  [[BatchNorm3d], 'BN', '3d'],
  [[Conv1d, BatchNorm1d], 'ConvBn', '1d'],
  [[Conv2d, BatchNorm2d], 'ConvBn', '2d'],
  [[Conv3d, BatchNorm3d], 'ConvBn', '3d'],
  [[ConvTranspose1d, BatchNorm1d], 'ConvTransposeBn', '1d'],
  [[ConvTranspose2d, BatchNorm2d], 'ConvTransposeBn', '2d'],
  [[ConvTranspose3d, BatchNorm3d], 'ConvTransposeBn', '3d'],
  [[Linear, BatchNorm1d], 'LinearBn', '1d'],
]

const shortName = ({ kind }: AnyKind): string => kind.slice('nn.'.length)

const keyOf = (parts: readonly { readonly kind: string }[]): string => parts.map(({ kind }) => kind).join(' ')

const fusedKinds: ReadonlyMap<string, FusedKind<string, readonly AnyKind[]>> = new Map(
  rows.flatMap(([layers, before, after]) =>
    activations.map((activation) => {
      const slots = [...layers, activation]
      return [keyOf(slots), fusedKind(`nni.${before}${shortName(activation)}${after}`, slots)] as const
    }),
  ),
)

/**
 * A convolution, transposed convolution, linear layer or batch-norm, or one of the first three and its batch-norm,
 * held together with the activation after it.
 *
 * @param modules in the order they run, the activation last
 * @throws NnfuseError `WRONG_CHILDREN` for anything else.
 */
export const withActivation = (...modules: readonly AnyModule[]): AnyModule => {
  const kind = fusedKinds.get(keyOf(modules))
  if (kind !== undefined) return kind(...modules)
  const names = modules.map((module) => module.kind).join(', ')
  throw new NnfuseError('WRONG_CHILDREN', `${names} are not held together as a layer with its activation`)
}
