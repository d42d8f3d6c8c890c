import { type Model, readValues, type Tensor } from '@nnfuse/ir'
import { type OpenedModel, type OpenModel, SignalToNoise } from '@nnfuse/quantization'
import { type SharedValue, sharedValues, withOutputs } from './layer-values.js'
import { plainDecibels } from './plain-decibels.js'

/** How far what a layer gives is from what it gives in the other model. */
export interface LayerNoise {
  readonly path: string
  readonly kind: string
  /** Signal-to-noise ratio of its output; null where nothing differs, -100 where one is NaN and the other is not. */
  readonly decibels: number | null
  /** The noise that the layer adds to that of its inputs, as a part of its signal: 0.01 is one per cent of its power. */
  readonly added: number
}

type Ratios = ReadonlyMap<string, SignalToNoise>

const isFloat = ({ dtype }: Tensor): boolean => dtype.startsWith('float')

const compareBatch = async (
  values: readonly SharedValue[],
  offsets: readonly (readonly [a: number, b: number])[],
  ratios: Ratios,
  [first, second]: readonly [readonly Tensor[], readonly Tensor[]],
): Promise<void> => {
  for (const [i, { name }] of values.entries()) {
    const [a, b] = offsets[i] as readonly [number, number]
    const [right, given] = [first[a] as Tensor, second[b] as Tensor]
    if (!isFloat(right) || !isFloat(given)) continue
    ratios
      .get(name)
      ?.add((await readValues(right)) as Float32Array, (await readValues(given)) as Float32Array)
  }
}

const outputsIn = ({ root }: Model): readonly string[] =>
  (root.attrs as { readonly outputs: readonly string[] }).outputs

const decibelsAt = (ratios: Ratios, name: string): number | null =>
  plainDecibels(ratios.get(name)?.decibels ?? Number.POSITIVE_INFINITY)

const noisePart = (ratios: Ratios, name: string): number => {
  const decibels = decibelsAt(ratios, name)
  return decibels === null ? 0 : 10 ** (-decibels / 10)
}

const rowOf = ({ name, path, kind, inputs }: SharedValue, ratios: Ratios): LayerNoise => {
  const before = Math.max(0, ...inputs.map((input) => noisePart(ratios, input)))
  return {
    path,
    kind,
    decibels: decibelsAt(ratios, name),
    added: Math.max(0, noisePart(ratios, name) - before),
  }
}

/**
 * Compares what the layers of two models give, for every value that has the same name in both.
 *
 * @param batches inputs, in the order of the models' inputs
 */
export const layerNoise = async (
  a: Model,
  b: Model,
  batches: readonly (readonly [forA: readonly Tensor[], forB: readonly Tensor[]])[],
  open: OpenModel,
): Promise<LayerNoise[]> => {
  const values = sharedValues(a, b)
  const names = values.map(({ name }) => name)
  const models = [withOutputs(a, names), withOutputs(b, names)] as const
  const [inA, inB] = [outputsIn(models[0]), outputsIn(models[1])]
  const offsets = names.map((name) => [inA.indexOf(name), inB.indexOf(name)] as const)
  const ratios = new Map(names.map((name) => [name, new SignalToNoise()]))
  const opened: OpenedModel[] = []
  try {
    for (const model of models) opened.push(await open(model))
    const [first, second] = opened as [OpenedModel, OpenedModel]
    for (const [forA, forB] of batches) {
      await compareBatch(values, offsets, ratios, [await first.run(forA), await second.run(forB)])
    }
  } finally {
    for (const model of opened) await model.close()
  }
  return values.map((value) => rowOf(value, ratios))
}
