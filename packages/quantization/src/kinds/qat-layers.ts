import {
  type AnyKind,
  type AnyModule,
  type BatchNormModule,
  isBatchNorm,
  type Kind,
  kind,
  type Module,
  outputChannels,
  type WeightedModule,
  withTraining,
} from '@nnfuse/ir'
import { badQatParts } from '../errors.js'
import { FakeQuantize, type FakeQuantizeOptions } from '../fake-quantize.js'
import { familyOf, isWeighted } from './layer-family.js'
import { type QatLayerAttrs, qatForward } from './qat-forward.js'

/** What a layer that is prepared for training is made of. */
export interface QatParts {
  readonly layer: WeightedModule
  /** Affine, with running statistics. */
  readonly bn?: BatchNormModule
  readonly activation?: AnyModule
  /** How the weight is quantized; one scale a channel goes along the axis of the layer's channels. */
  readonly weight: FakeQuantizeOptions
  /** Computes in the slow, numerically stabler way. Default false. */
  readonly slow?: boolean
}

/**
 * A layer that quantizes its weight in each forward. Its attributes are those of the float layer; its children are
 * `weight_fake_quant`, and `bn` and `activation` where it has them.
 */
export type QatModule = Module<string, QatLayerAttrs>
/**
 * A kind of layers that quantize their weight in each forward; called with a float layer, and what is held together
 * with it.
 */
export type QatKind<N extends string = string> = Kind<N, QatLayerAttrs, [parts: QatParts]>

/** Why a batch-norm cannot be folded into a layer while it trains; undefined where it can. */
export const whyNotTogether = (layer: WeightedModule, { attrs }: BatchNormModule): string | undefined => {
  const channels = outputChannels(layer)
  if (attrs.weight === null || attrs.bias === null) return 'the batch-norm is not affine'
  if (attrs.runningMean === null || attrs.runningVar === null) {
    return 'the batch-norm keeps no running statistics'
  }
  return channels === attrs.numFeatures
    ? undefined
    : `the batch-norm normalizes ${attrs.numFeatures} channels but is given ${channels}`
}

const checkParts = (name: string, floatKind: AnyKind, { layer, bn }: QatParts): void => {
  if (layer.kind !== floatKind.kind) throw badQatParts(name, `made of ${floatKind.kind}, not ${layer.kind}`)
  const reason = bn && whyNotTogether(layer, bn)
  if (reason !== undefined) throw badQatParts(name, reason)
}

const weightFakeQuant = (layer: WeightedModule, options: FakeQuantizeOptions): AnyModule => {
  const axis = typeof options.axis === 'number' ? familyOf(layer.kind).weightAxis : null
  const channels = axis === null ? undefined : layer.attrs.weight.shape[axis]
  const made = FakeQuantize({ ...options, axis, ...(channels !== undefined && { channels }) })
  return withTraining(made, layer.training)
}

const childrenOf = ({ layer, bn, activation, weight }: QatParts): ReadonlyMap<string, AnyModule> =>
  new Map([
    ...(bn ? [['bn', bn] as const] : []),
    ['weight_fake_quant', weightFakeQuant(layer, weight)],
    ...(activation ? [['activation', activation] as const] : []),
  ])

const describe = (layer: WeightedModule['definition'], { frozen, slow, ...attrs }: QatLayerAttrs): string =>
  `${layer.describe?.(attrs) ?? ''}${frozen ? ', frozen' : ''}${slow ? ', slow' : ''}`

/**
 * Declares a layer for quantization-aware training. Its attributes are those of the float layer, and its children are
 * called as torch calls them, so state-dict keys are torch's: `weight`, `bn.running_mean`, `weight_fake_quant.scale`.
 *
 * @param floatKind the kind of the layer without its batch-norm and activation
 */
export const qatKind = <N extends string>(name: N, floatKind: AnyKind): QatKind<N> =>
  kind<N, QatLayerAttrs, [parts: QatParts]>(name, {
    create: (parts) => {
      checkParts(name, floatKind, parts)
      const { layer, slow = false } = parts
      return {
        attrs: { ...layer.attrs, frozen: false, slow },
        children: childrenOf(parts),
        training: layer.training,
      }
    },
    forward: (ops, module, x) => qatForward(ops, familyOf(floatKind.kind), module, x),
    parameters: { weight: 'weight', bias: 'bias' },
    describe: (attrs) => describe(floatKind.definition, attrs),
  })

/** The parts of a float layer, alone or held together with a batch-norm and an activation; undefined for others. */
export const partsOf = (module: AnyModule): Omit<QatParts, 'weight'> | undefined => {
  const [layer, ...rest] = isWeighted(module) ? [module] : [...module.children.values()]
  if (!isWeighted(layer)) return undefined
  const [bn] = rest.filter(isBatchNorm)
  const [activation] = rest.filter((one) => !isBatchNorm(one))
  return { layer, ...(bn && { bn }), ...(activation && { activation }) }
}
