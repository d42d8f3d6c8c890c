import { NnfuseError } from '../errors.js'
import type { AnyKind, AnyModule } from '../module.js'
import { GELU, Hardswish, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Tanh } from './activations.js'
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch-norm.js'
import { Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './conv.js'
import { fusedKind } from './fused.js'
import { Linear } from './linear.js'

/*
 * A layer and the activation after it, for every pair. PyTorch has a class for a few (ConvReLU2d, LinearTanh); the
 * others are named by its scheme: ConvSiLU2d, LinearGELU, BNReLU1d.
 */

/** Activations that can be held together with the layer before them. */
export const activations: readonly AnyKind[] = [ReLU, ReLU6, LeakyReLU, Tanh, Sigmoid, SiLU, GELU, Hardswish]

/** Layers, with the name of the fused kind around that of the activation. */
const layers: readonly (readonly [layer: AnyKind, before: string, after: string])[] = [
  [Conv1d, 'Conv', '1d'],
  [Conv2d, 'Conv', '2d'],
  [Conv3d, 'Conv', '3d'],
  [ConvTranspose1d, 'ConvTranspose', '1d'],
  [ConvTranspose2d, 'ConvTranspose', '2d'],
  [ConvTranspose3d, 'ConvTranspose', '3d'],
  [Linear, 'Linear', ''],
  [BatchNorm1d, 'BN', '1d'],
  [BatchNorm2d, 'BN', '2d'],
  [BatchNorm3d, 'BN', '3d'],
]

const shortName = ({ kind }: AnyKind): string => kind.slice('nn.'.length)

const keyOf = (layer: string, activation: string): string => `${layer} ${activation}`

const kindOfPair = new Map(
  layers.flatMap(([layer, before, after]) =>
    activations.map((activation) => [
      keyOf(layer.kind, activation.kind),
      fusedKind(`nni.${before}${shortName(activation)}${after}`, [layer, activation]),
    ]),
  ),
)

/**
 * A convolution, transposed convolution, linear layer or batch-norm held together with the activation after it.
 *
 * @throws NnfuseError `WRONG_CHILDREN` for any other pair.
 */
export const withActivation = (layer: AnyModule, activation: AnyModule): AnyModule => {
  const kind = kindOfPair.get(keyOf(layer.kind, activation.kind))
  if (kind !== undefined) return kind(layer, activation)
  throw new NnfuseError('WRONG_CHILDREN', `${layer.kind} is not held together with ${activation.kind}`)
}
