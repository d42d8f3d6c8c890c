import {
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  inference,
  Linear,
  ReLU,
  type Tensor,
  tensorOf,
  train,
  type WeightedModule,
} from '@nnfuse/ir'
import {
  fakeQuantize,
  freezeBatchNormStats,
  observe,
  type QatModule,
  type QatParts,
  qatKinds,
} from '../src/index.js'
import { drawn, type Encoded } from './golden.js'

/** How one layer of the golden files is made. */
export interface LayerSetup {
  readonly kind: string
  readonly weight: readonly number[]
  readonly input: readonly number[]
  readonly options: Readonly<Record<string, unknown>>
  readonly bias: boolean
  readonly slow: boolean
  readonly mode: 'train' | 'eval' | 'frozen'
  readonly quantized: 'channels' | 'narrow' | 'tensor' | 'float'
  readonly eps: number
  readonly momentum: number | null
  readonly zeroGamma: boolean
  readonly source: 'torch' | 'formula'
}

/** One layer of golden/qat-layers.json: what torch makes of two steps. */
export interface LayerCase extends LayerSetup {
  readonly steps: readonly {
    readonly output: Encoded
    readonly gradients: Readonly<Record<string, Encoded>>
  }[]
  readonly state: {
    readonly runningMean?: Encoded
    readonly runningVar?: Encoded
    readonly numBatchesTracked?: number
    readonly scale?: readonly number[]
    readonly zeroPoint?: readonly number[]
  }
  readonly folded: { readonly weight: Encoded; readonly bias: Encoded | null }
}

export const nameOf = (one: LayerSetup): string =>
  [
    one.kind,
    one.mode,
    one.slow ? 'slow' : '',
    one.bias ? '' : 'no bias',
    one.quantized === 'channels' ? '' : one.quantized,
    one.zeroGamma ? 'a gamma of 0' : '',
    one.momentum === 0.1 ? '' : `momentum ${one.momentum}`,
    Object.keys(one.options).length === 0 ? '' : JSON.stringify(one.options),
  ]
    .filter((part) => part !== '')
    .join(', ')

const layerKinds = {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  Linear,
} as const
const normKinds = { '1d': BatchNorm1d, '2d': BatchNorm2d, '3d': BatchNorm3d } as const

const axesOf = ({ kind }: LayerSetup): '1d' | '2d' | '3d' => kind.match(/\dd$/)?.[0] as '1d'

const layerKindOf = (one: LayerSetup): keyof typeof layerKinds => {
  if (one.kind.startsWith('Linear')) return 'Linear'
  return `${one.kind.startsWith('ConvTranspose') ? 'ConvTranspose' : 'Conv'}${axesOf(one)}`
}

const channelsOf = ({ kind, weight, options }: LayerSetup): number =>
  kind.startsWith('ConvTranspose')
    ? (weight[1] as number) * ((options['groups'] as number | undefined) ?? 1)
    : (weight[0] as number)

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

const layerOf = (one: LayerSetup): WeightedModule => {
  const make = layerKinds[layerKindOf(one)] as (given: object) => WeightedModule
  const options = Object.fromEntries(Object.entries(one.options).map(([name, value]) => [camel(name), value]))
  const bias = one.bias ? drawn(12, [channelsOf(one)]) : null
  return make({ ...options, weight: drawn(11, one.weight), bias })
}

const gammaOf = (one: LayerSetup): Tensor =>
  drawn(15, [channelsOf(one)], (x, i) => (one.zeroGamma && i === 1 ? 0 : (x + 1.25) * (i % 3 === 2 ? -1 : 1)))

const normOf = (one: LayerSetup): NonNullable<QatParts['bn']> => {
  const count = channelsOf(one)
  return normKinds[axesOf(one)]({
    numFeatures: count,
    weight: gammaOf(one),
    bias: drawn(16, [count]),
    runningMean: drawn(13, [count]),
    runningVar: drawn(14, [count], (x) => 0.25 + 1.5 * Math.abs(x)),
    numBatchesTracked: tensorOf('int64', [], new Uint8Array(8)),
    eps: one.eps,
    momentum: one.momentum,
  })
}

/** The kind of the float layer that a case is made from. */
const floatKindOf = ({ kind }: LayerSetup): string =>
  kind.includes('Bn') || kind.includes('ReLU') ? `nni.${kind}` : `nn.${kind}`

const partsOf = (one: LayerSetup): QatParts => ({
  layer: layerOf(one),
  ...(one.kind.includes('Bn') && { bn: normOf(one) }),
  ...(one.kind.includes('ReLU') && { activation: ReLU() }),
  weight: {
    dtype: 'int8',
    scheme: 'symmetric',
    ...(one.quantized !== 'tensor' && { axis: 0 }),
    ...(one.quantized === 'narrow' && { min: -127, max: 127 }),
  },
  slow: one.slow,
})

const inMode = (module: AnyModule, { mode }: LayerSetup): AnyModule => {
  if (mode === 'eval') return inference(module)
  return mode === 'frozen' ? freezeBatchNormStats(train(module)) : train(module)
}

/** The layer of a case, as it is before the first step. */
export const moduleOf = (one: LayerSetup): QatModule => {
  const kind = qatKinds.get(floatKindOf(one))
  if (kind === undefined) throw new Error(`no layer for ${one.kind}`)
  const module = inMode(kind(partsOf(one)), one)
  return (one.quantized === 'float' ? observe(fakeQuantize(module, false), false) : module) as QatModule
}
