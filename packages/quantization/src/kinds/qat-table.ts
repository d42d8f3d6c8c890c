import {
  type AnyKind,
  type AnyModule,
  activations,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  fusedKind,
  Linear,
} from '@nnfuse/ir'
import { type QatKind, type QatModule, qatKind } from './qat-layers.js'
import { type QuantizedKind, quantizedKind } from './quantized-layers.js'

/*
 * Each layer with a weight, alone and with every combination of batch-norm and activation after it. The names are those
 * of the float layers they are made from, which are torch's where torch has a class:
 *
 *   float               while it trains        integers
 *   nn.Conv2d           nnqat.Conv2d           nnq.Conv2d
 *   nni.ConvBn2d        nniqat.ConvBn2d        nnq.Conv2d
 *   nni.ConvReLU2d      nniqat.ConvReLU2d      nniq.ConvReLU2d
 *   nni.ConvBnReLU2d    nniqat.ConvBnReLU2d    nniq.ConvReLU2d
 */

/** One line of the table above. */
export interface QatRow {
  /** The layer alone. */
  readonly layer: AnyKind
  readonly float: AnyKind
  readonly qat: QatKind
  readonly quantized: QuantizedKind
}

const layers: readonly (readonly [layer: AnyKind, bn: AnyKind, name: string, axes: string])[] = [
  [Conv1d, BatchNorm1d, 'Conv', '1d'],
  [Conv2d, BatchNorm2d, 'Conv', '2d'],
  [Conv3d, BatchNorm3d, 'Conv', '3d'],
  [ConvTranspose1d, BatchNorm1d, 'ConvTranspose', '1d'],
  [ConvTranspose2d, BatchNorm2d, 'ConvTranspose', '2d'],
  [ConvTranspose3d, BatchNorm3d, 'ConvTranspose', '3d'],
  [Linear, BatchNorm1d, 'Linear', ''],
]

const shortName = ({ kind }: AnyKind): string => kind.slice('nn.'.length)

const rowsOf = ([layer, bn, name, axes]: (typeof layers)[number], activation?: AnyKind): QatRow[] => {
  const after = activation ? [activation] : []
  const ending = activation ? shortName(activation) : ''
  const [held, prefix] = activation ? ['nniq', 'nniqat'] : ['nnq', 'nnqat']
  const alone = `${name}${ending}${axes}`
  const quantized = quantizedKind(`${held}.${alone}`, layer)
  // LinearBn1d has its number from the batch-norm; LinearReLU has none.
  const normed = `${name}Bn${ending}${axes || '1d'}`
  return [
    {
      layer,
      float: activation ? fusedKind(`nni.${alone}`, [layer, activation]) : layer,
      qat: qatKind(`${prefix}.${alone}`, layer),
      quantized,
    },
    {
      layer,
      float: fusedKind(`nni.${normed}`, [layer, bn, ...after]),
      qat: qatKind(`nniqat.${normed}`, layer),
      quantized,
    },
  ]
}

export const qatTable: readonly QatRow[] = layers.flatMap((row) =>
  [undefined, ...activations].flatMap((activation) => rowsOf(row, activation)),
)

/** By the kind of the float layer: what it becomes for training. */
export const qatKinds: ReadonlyMap<string, QatKind> = new Map(
  qatTable.map(({ float, qat }) => [float.kind, qat]),
)

const names: ReadonlySet<string> = new Set(qatTable.map(({ qat }) => qat.kind))

/** Whether a module is one of ours, prepared for training. */
export const isQatModule = (module: AnyModule): module is QatModule => names.has(module.kind)
