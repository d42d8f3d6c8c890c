import { isFloat, type Tensor, type WeightedModule } from '@nnfuse/ir'
import { FakeQuantize, type FakeQuantizeOptions } from './fake-quantize.js'
import { familyOf, type LayerFamily } from './kinds/layer-family.js'
import type { Quantized } from './kinds/quantized-layers.js'
import { quantizedWeight } from './quantized-tensors.js'
import { gridForWeight } from './weight-grid.js'

/** A weight as integers, with its grid. */
export interface IntegerWeight extends Omit<Quantized, 'biasScale'> {
  readonly weight: Tensor
}

interface Known {
  readonly options: FakeQuantizeOptions
  readonly family: LayerFamily
  readonly made: IntegerWeight
}

/** The dtype of a layer, where it is not that of most. */
export const floatsOf = ({ dtype }: Tensor): Pick<Quantized, 'floats'> =>
  isFloat(dtype) && dtype !== 'float32' ? { floats: dtype } : {}

const made = (
  weight: Tensor,
  { weightAxis, inputAxis }: LayerFamily,
  options: FakeQuantizeOptions,
  blockSize: number | undefined,
  path: string,
): IntegerWeight => {
  const blocks = blockSize !== undefined && (weight.shape[inputAxis] as number) > blockSize
  const channels = typeof options.axis === 'number' ? weightAxis : null
  const { attrs } = FakeQuantize({ ...options, axis: blocks ? inputAxis : channels })
  const grid = gridForWeight(attrs, weight, { path, ...(blocks && { blockSize }) })
  return {
    weight: quantizedWeight(weight, grid),
    weightSpec: grid.spec,
    weightScale: grid.scale,
    weightZeroPoint: grid.zeroPoint,
    ...(blocks && { blockSize }),
    ...floatsOf(weight),
  }
}

/** Weights as integers; one that several layers share stays one. */
export class IntegerWeights {
  readonly #known = new Map<Tensor, Known[]>()
  readonly #blockSize: number | undefined

  /** @param blockSize how many inputs of a channel share a scale; without it, what the options say */
  constructor(blockSize?: number) {
    this.#blockSize = blockSize
  }

  /** @param path of the layer, for errors */
  of({ kind, attrs: { weight } }: WeightedModule, options: FakeQuantizeOptions, path: string): IntegerWeight {
    const family = familyOf(kind)
    const rows = this.#known.get(weight) ?? []
    const found = rows.find((row) => row.options === options && row.family === family)
    if (found) return found.made
    const row = { options, family, made: made(weight, family, options, this.#blockSize, path) }
    this.#known.set(weight, [...rows, row])
    return row.made
  }
}
