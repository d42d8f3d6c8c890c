import {
  type AnyKind,
  type AnyModule,
  type BatchNormModule,
  type Tensor,
  withActivation,
  withTraining,
} from '@nnfuse/ir'
import type { FakeQuantizeModule } from './fake-quantize.js'
import { floatsOf } from './integer-weights.js'
import { familyOf, type WeightedAttrs } from './kinds/layer-family.js'
import type { QatModule } from './kinds/qat-layers.js'
import { type QatRow, qatTable } from './kinds/qat-table.js'
import { quantizedBias, quantizedWeight } from './quantized-tensors.js'
import { gridForWeight } from './weight-grid.js'

/** What becomes of a layer after quantization-aware training. A plugin adds rows for kinds of its own. */
export interface QatConversion {
  readonly from: AnyKind
  /** The float layer, with what training has learned, its batch-norm folded. */
  toFloat(module: AnyModule): AnyModule
  /**
   * The layer of integers; without it the float layer is taken.
   *
   * @param inputScale of the value that goes in, `[]`; null where it is not known
   */
  quantize?(module: AnyModule, inputScale: Tensor | null): AnyModule
}

/** Attributes of the float layer: with the batch-norm in its weight and bias, if it has one. */
const foldedAttrs = ({ layer }: QatRow, { attrs, children }: QatModule): WeightedAttrs => {
  const { frozen: _frozen, slow: _slow, ...own } = attrs
  const bn = children.get('bn') as BatchNormModule | undefined
  return bn === undefined ? own : { ...own, ...familyOf(layer.kind).fold(own, bn.attrs) }
}

const toFloat = (row: QatRow, module: QatModule): AnyModule => {
  const layer = withTraining(row.layer(foldedAttrs(row, module)), module.training)
  const activation = module.children.get('activation')
  return activation === undefined ? layer : withActivation(layer, activation)
}

const quantize = (row: QatRow, module: QatModule, inputScale: Tensor | null): AnyModule => {
  const attrs = foldedAttrs(row, module)
  const { attrs: watched } = module.children.get('weight_fake_quant') as FakeQuantizeModule
  const grid = gridForWeight(watched, attrs.weight)
  const bias = attrs.bias && inputScale && quantizedBias(attrs.bias, inputScale, grid.scale)
  const activation = module.children.get('activation')
  const made = row.quantized({
    attrs: {
      ...attrs,
      weight: quantizedWeight(attrs.weight, grid),
      weightSpec: grid.spec,
      weightScale: grid.scale,
      weightZeroPoint: grid.zeroPoint,
      biasScale: null,
      weightsOnly: inputScale === null,
      ...floatsOf(attrs.weight),
      ...bias,
    },
    ...(activation && { activation }),
  })
  return withTraining(made, module.training)
}

/** Of all layers that are prepared by `qatSwaps`. */
export const qatConversions: readonly QatConversion[] = qatTable.map((row) => ({
  from: row.qat,
  toFloat: (module) => toFloat(row, module as QatModule),
  quantize: (module, inputScale) => quantize(row, module as QatModule, inputScale),
}))

/** The rows by the kind they are for; later rows override earlier ones of the same kind, and ours. */
export const conversionsByKind = (
  conversions: readonly QatConversion[],
): ReadonlyMap<string, QatConversion> =>
  new Map([...qatConversions, ...conversions].map((row) => [row.from.kind, row]))
